import type { ControllerFactory } from "./reconciler.ts";

/** All controllers by their upstream names: the one place where a controller becomes part of the program. */
export const controllerTable: Readonly<Record<string, ControllerFactory>> = {};
