import java.io.FileOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.apache.hadoop.yarn.server.MiniYARNCluster;

/**
 * MiniYarn FOLDER MIB: a YARN of two node managers in this process, until it is killed. Its configuration is put into FOLDER/conf, what
 * containers print is below FOLDER. A node has so much memory, and kills containers that take more than they asked for.
 */
public class MiniYarn {
  public static void main(String[] args) throws Exception {
    Path folder = Path.of(args[0]).toAbsolutePath();
    YarnConfiguration conf = new YarnConfiguration();
    conf.set("fs.defaultFS", "file:///");
    conf.set("hadoop.tmp.dir", folder.resolve("tmp").toString());
    conf.set("yarn.nodemanager.resource.memory-mb", args[1]);
    conf.set("yarn.scheduler.minimum-allocation-mb", "128");
    conf.set("yarn.scheduler.capacity.root.queues", "default");
    conf.set("yarn.scheduler.capacity.root.default.capacity", "100");
    conf.set("yarn.scheduler.capacity.maximum-am-resource-percent", "1");
    // A node manager looks after its containers' memory itself only where it may not leave that to control groups.
    conf.set("yarn.nodemanager.resource.memory.enforced", "false");
    conf.setBoolean(YarnConfiguration.YARN_MINICLUSTER_CONTROL_RESOURCE_MONITORING, true);
    conf.set("yarn.nodemanager.pmem-check-enabled", "true");
    conf.set("yarn.resourcemanager.am.max-attempts", "100");
    conf.set("yarn.nodemanager.vmem-check-enabled", "false");
    conf.set("yarn.nodemanager.container-monitor.interval-ms", "500");
    // Containers' logs are there until the test removes them.
    conf.set("yarn.nodemanager.delete.debug-delay-sec", "3600");
    conf.set("yarn.nodemanager.disk-health-checker.max-disk-utilization-per-disk-percentage", "99.5");
    conf.set("yarn.nodemanager.env-whitelist", "JAVA_HOME,HADOOP_CONF_DIR");
    try {
      MiniYARNCluster yarn = new MiniYARNCluster("dstream", 2, 1, 1);
      yarn.init(conf);
      yarn.start();
      if (!yarn.waitForNodeManagersToConnect(60_000)) throw new IllegalStateException("node managers did not connect");
      Path written = Files.createDirectories(folder.resolve("conf"));
      for (String name : new String[] {"core-site.xml", "yarn-site.xml"}) {
        try (FileOutputStream out = new FileOutputStream(written.resolve(name).toFile())) {
          yarn.getConfig().writeXml(out);
        }
      }
    } catch (Throwable failure) {
      // Its threads would keep the process.
      failure.printStackTrace();
      System.exit(1);
    }
    System.out.println("YARN is up");
    Thread.sleep(Long.MAX_VALUE);
  }
}
