import { after, before, test } from "node:test";
import { HostCluster } from "../../support/hosts/host-cluster.ts";

// How long a batch stands still with the timeouts that Spark has by itself. Run by npm run test:spark:hosts -- --slow.

let cluster: HostCluster;

before(async () => {
  cluster = await HostCluster.start({ workerTimeout: 60 });
});

after(() => cluster?.stop());

test("with Spark's own timeouts: a link that is cut and stays dark", async (t) => {
  await cluster.break(t, { job: "totals", strike: (host) => host.cut(), repair: (host) => host.mend() });
});

test("with Spark's own timeouts: a host whose link is cut loses its processes, too", async (t) => {
  await cluster.break(t, {
    job: "counts",
    strike: async (host) => {
      await host.cut();
      await host.kill();
    },
    repair: async (host) => {
      await host.mend();
      await cluster.spark.startWorker(host);
    },
  });
});
