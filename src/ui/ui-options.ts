import { checkInteger } from "../errors/checks/check-number.ts";
import { checkFlag, checkOptionNames, checkText, checkTexts, invalidOption } from "../errors/checks/check-options.ts";
import { isLoopback } from "../runtime/net/listening.ts";

/** The job's page, its REST API, metrics and health. */
export interface UIOptions {
  /** Default 4040; 0: any free one. When it is taken, the next free one up to 16 above is used, as Spark does. */
  readonly port?: number;
  /** Default 127.0.0.1; another address needs a token. */
  readonly host?: string;
  /** Names that a request's Host may have besides loopback, the bound address and this machine's addresses. */
  readonly allowedHosts?: readonly string[];
  /** Whoever asks must have it, as `Authorization: Bearer TOKEN`, or once as `/?token=TOKEN` in a browser. Default: none. */
  readonly token?: string;
  /** Whether values of state may be asked for. Default false. */
  readonly showState?: boolean;
}

/** With what the program left out. */
export interface CheckedUIOptions extends Required<Omit<UIOptions, "token">> {
  readonly token: string | undefined;
}

const names = ["port", "host", "allowedHosts", "token", "showState"];
export const defaultUIPort = 4_040;

/** @throws UNKNOWN_OPTION; INVALID_OPTION, also for an address that others reach without a token. */
export function checkUIOptions(options: UIOptions): CheckedUIOptions {
  checkOptionNames("ui", options, names);
  const { port = defaultUIPort, host = "127.0.0.1", allowedHosts = [], token, showState = false } = options;
  checkInteger("ui.port", port, 0, 65_535);
  checkText("ui.host", host, "the address of a network interface");
  checkTexts("ui.allowedHosts", allowedHosts, "a list of names");
  checkFlag("ui.showState", showState);
  if (token !== undefined && (typeof token !== "string" || token === "")) {
    throw invalidOption("ui.token", token === "" ? token : typeof token, "a secret");
  }
  if (token === undefined && !isLoopback(host)) {
    throw invalidOption("ui.token", token, `given for people on other machines, which ${host} lets in`);
  }
  return { port, host, allowedHosts, token, showState };
}
