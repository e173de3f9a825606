import type { Clock } from "../../base/clock.ts";
import type { Metrics } from "../../base/metrics.ts";
import type { Authenticator } from "../authn/authenticator.ts";
import type { Authorizer } from "../authz/authorizer.ts";

const SECONDS = [
  0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.024, 2.048, 4.096, 8.192, 16.384,
];

/** The same authenticator, counted. */
export function measuredAuthenticator(authenticator: Authenticator, metrics: Metrics, clock: Clock): Authenticator {
  const attempts = metrics.counter("authentication_attempts", "Counter of authenticated attempts.", ["result"]);
  const users = metrics.counter(
    "authenticated_user_requests",
    "Counter of authenticated requests broken out by username.",
    ["username"],
  );
  const duration = metrics.histogram(
    "authentication_duration_seconds",
    "Authentication duration in seconds broken out by result.",
    { labelNames: ["result"], buckets: SECONDS },
  );
  const [success, failed, wrong] = ["success", "failure", "error"].map((result) => ({
    count: attempts.labels(result),
    time: duration.labels(result),
  }));
  const others = users.labels("other");
  return {
    name: authenticator.name,
    authenticate: (credentials) =>
      timed(
        clock,
        () => authenticator.authenticate(credentials),
        (seconds, asked) => {
          const result = asked === undefined ? wrong! : asked.value === undefined ? failed! : success!;
          if (result === success) others.inc();
          result.count.inc();
          result.time.observe(seconds);
        },
      ),
  };
}

/** The same authorizer, counted. */
export function measuredAuthorizer(authorizer: Authorizer, metrics: Metrics, clock: Clock): Authorizer {
  const attempts = metrics.counter(
    "authorization_attempts_total",
    "Counter of authorization attempts broken down by result. It can be either 'allowed', 'denied', 'no-opinion' or 'error'.",
    ["result"],
  );
  const duration = metrics.histogram(
    "authorization_duration_seconds",
    "Authorization duration in seconds broken out by result.",
    { labelNames: ["result"], buckets: SECONDS },
  );
  const [allowed, denied, noOpinion, wrong] = ["allowed", "denied", "no-opinion", "error"].map((result) => ({
    count: attempts.labels(result),
    time: duration.labels(result),
  }));
  const byDecision = { allow: allowed!, deny: denied!, noOpinion: noOpinion! };
  return {
    name: authorizer.name,
    authorize: (attributes) =>
      timed(
        clock,
        () => authorizer.authorize(attributes),
        (seconds, answer) => {
          const result = answer === undefined ? wrong! : byDecision[answer.value.decision];
          result.count.inc();
          result.time.observe(seconds);
        },
      ),
  };
}

/** Tells how long it took, and what came of it: nothing when it failed. */
function timed<T>(
  clock: Clock,
  ask: () => T | Promise<T>,
  tell: (seconds: number, result: { readonly value: T } | undefined) => void,
): T | Promise<T> {
  const startMs = clock.monotonic();
  const over = (result: { readonly value: T } | undefined): void => tell((clock.monotonic() - startMs) / 1000, result);
  let asked: T | Promise<T>;
  try {
    asked = ask();
  } catch (error) {
    over(undefined);
    throw error;
  }
  if (!(asked instanceof Promise)) {
    over({ value: asked });
    return asked;
  }
  return asked.then(
    (value) => {
      over({ value });
      return value;
    },
    (error: unknown) => {
      over(undefined);
      throw error;
    },
  );
}
