import { readFileSync } from "node:fs";
import { ociImageTar } from "../../src/kubelet/cri/image/oci-layout.ts";
import type { TarEntry } from "../../src/kubelet/cri/image/tar.ts";
import { run } from "./run.ts";

/** A test image: an archive of an OCI image layout, made from the programs of this machine, without any network. */
export interface TestImage {
  /** Repository and tag, e.g. `web:1`. */
  readonly name: string;
  readonly layout: Buffer;
}

const ARCHITECTURE = process.arch === "arm64" ? "arm64" : "amd64";
const APPLETS = (
  "sh cat cp date dd echo env false find grep head hostname httpd id kill ln ls mkdir mount mv nc nslookup ps pwd rm sed " +
  "seq sleep sort stat stty sync tail tar tee test touch tr true tty uname vi wc whoami xargs"
).split(" ");

let made: Promise<readonly TestImage[]> | undefined;

/** `busybox:1` (shell and tools), `tools:1` (these and curl) and `web:1`, `web:2` (nginx with different pages). */
export function testImages(): Promise<readonly TestImage[]> {
  made ??= makeImages();
  return made;
}

async function makeImages(): Promise<readonly TestImage[]> {
  const base = baseFiles();
  const [curl, nginx] = await Promise.all([programFiles("/usr/bin/curl"), programFiles("/usr/sbin/nginx")]);
  return [
    image("busybox:1", [base], { Cmd: ["sh"] }),
    image("tools:1", [base, curl], { Cmd: ["sh"] }),
    ...["1", "2"].map((version) =>
      image(`web:${version}`, [base, nginx, site(version)], {
        Entrypoint: ["/usr/sbin/nginx", "-c", "/etc/nginx/nginx.conf"],
        ExposedPorts: { "80/tcp": {} },
      }),
    ),
  ];
}

function image(
  name: string,
  layers: readonly (readonly TarEntry[])[],
  config: Parameters<typeof ociImageTar>[0]["config"],
): TestImage {
  return { name, layout: ociImageTar({ reference: name, architecture: ARCHITECTURE, layers, config }) };
}

/** A static shell with its tools, and the files that programs look for everywhere. */
function baseFiles(): TarEntry[] {
  return [
    { name: "bin/busybox", mode: 0o755, content: readFileSync("/bin/busybox") },
    ...APPLETS.map((applet) => ({ name: `bin/${applet}`, linkTarget: "busybox" })),
    { name: "etc/passwd", content: text("root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n") },
    { name: "etc/group", content: text("root:x:0:\nnogroup:x:65534:\n") },
    { name: "etc/nsswitch.conf", content: text("passwd: files\ngroup: files\nhosts: files dns\n") },
    { name: "root/" },
    { name: "tmp/", mode: 0o1777 },
    { name: "var/www/" },
  ];
}

/** A program of this machine and the shared libraries that the loader names for it. */
async function programFiles(program: string): Promise<TarEntry[]> {
  const { stdout } = await run("ldd", [program]);
  const libraries = [...stdout.matchAll(/(?:=> |^\s*)(\/\S+) \(0x/gm)].map((match) => match[1]!);
  if (libraries.length === 0) throw new Error(`ldd names no library of ${program}: ${stdout}`);
  return [program, ...libraries].map((file) => ({ name: file.slice(1), mode: 0o755, content: readFileSync(file) }));
}

/** A web server whose page tells the version and which pod answered. It stays in front, as process 1 of its container. */
function site(version: string): TarEntry[] {
  const configuration = `
daemon off;
user root root;
worker_processes 1;
pid /tmp/nginx.pid;
error_log stderr;
events { worker_connections 256; }
http {
  access_log /dev/stdout;
  client_body_temp_path /tmp/body;
  proxy_temp_path /tmp/proxy;
  fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi;
  scgi_temp_path /tmp/scgi;
  keepalive_timeout 0;
  server {
    listen 80;
    root /var/www;
    location = / { default_type text/plain; return 200 "version ${version} from $hostname\\n"; }
    location = /ready { default_type text/plain; return 200 "ready\\n"; }
  }
}
`;
  return [
    { name: "etc/nginx/nginx.conf", content: text(configuration) },
    { name: "var/www/version.txt", content: text(`${version}\n`) },
    { name: "var/log/nginx/" },
    { name: "var/lib/nginx/" },
  ];
}

function text(content: string): Buffer {
  return Buffer.from(content);
}
