import { once } from "node:events";
import { createServer, type ServerHttp2Session } from "node:http2";
import type { AddressInfo } from "node:net";
import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { ErrorInfoSchema } from "../../../src/cluster/spark/connect/gen/google-rpc.ts";
import { SparkConnectService } from "../../../src/cluster/spark/connect/gen/spark-connect.ts";

// A gRPC server that plays a Spark Connect server's part in exchanges that a real one can't be made to have at will. That a real
// one answers like this is shown in test/spark.

export type Script = Partial<ServiceImpl<typeof SparkConnectService>>;

export interface ScriptedServer extends AsyncDisposable {
  readonly url: string;
  /** The calls so far, by method. */
  readonly calls: string[];
}

export interface ScriptOptions {
  /** Sees each call before it is answered; what it throws is the answer. */
  readonly guard?: (method: string, authorization: string | null) => void;
}

const serverSideSessionId = "server-session";

/** What the script leaves out answers as a healthy Spark 4.2.0. */
export async function scriptedServer(script: Script, { guard }: ScriptOptions = {}): Promise<ScriptedServer> {
  const calls: string[] = [];
  const healthy: Script = {
    analyzePlan: () => ({ serverSideSessionId, result: { case: "sparkVersion", value: { version: "4.2.0" } } }),
    config: () => ({ serverSideSessionId }),
    interrupt: () => ({ serverSideSessionId }),
    releaseExecute: () => ({ serverSideSessionId }),
    releaseSession: () => ({ serverSideSessionId }),
  };
  const adapter = connectNodeAdapter({
    grpc: true,
    routes: (router) => router.service(SparkConnectService, { ...healthy, ...script }),
    interceptors: [
      (next) => (request) => {
        calls.push(request.method.name);
        guard?.(request.method.name, request.header.get("authorization"));
        return next(request);
      },
    ],
  });
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer(adapter).listen(0, "127.0.0.1");
  server.on("session", (session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
  });
  await once(server, "listening");
  return {
    url: `sc://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/** A failure as Spark sends it. */
export function sparkStatus(
  errorClass: string,
  code = Code.Internal,
  metadata: Record<string, string> = {},
): ConnectError {
  const info = { desc: ErrorInfoSchema, value: { domain: "org.apache.spark", metadata: { errorClass, ...metadata } } };
  return new ConnectError(`[${errorClass}] says the script`, code, undefined, [info]);
}
