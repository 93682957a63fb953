import java.time.Duration;
import java.util.*;
import java.util.concurrent.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.*;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.*;

/** What the Java client sees of a broker, a line each: topics | groups | transactions, then the brokers and a prefix for names. */
public class ClientChecks {
  static String brokers, prefix;

  public static void main(String[] args) throws Exception {
    brokers = args[1];
    prefix = args[2];
    switch (args[0]) {
      case "topics" -> topics();
      case "groups" -> groups();
      case "transactions" -> transactions();
      default -> throw new IllegalArgumentException(args[0]);
    }
  }

  static void say(Object what, Object... values) {
    System.out.println(what + ": " + String.join(" ", Arrays.stream(values).map(String::valueOf).toList()));
  }

  static Map<String, Object> config(Object... pairs) {
    var config = new HashMap<String, Object>(Map.of("bootstrap.servers", brokers, "enable.metrics.push", "false"));
    for (int i = 0; i < pairs.length; i += 2) config.put((String) pairs[i], pairs[i + 1]);
    return config;
  }

  static KafkaProducer<String, String> producer(Object... pairs) {
    return new KafkaProducer<>(config(pairs), new StringSerializer(), new StringSerializer());
  }

  static KafkaConsumer<String, String> consumer(String group, Object... pairs) {
    var config = config("group.id", group, "auto.offset.reset", "earliest", "enable.auto.commit", "false", "heartbeat.interval.ms", "300", "metadata.max.age.ms", "1000");
    config.putAll(config(pairs));
    return new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer());
  }

  interface Asked { KafkaFuture<?> future(); }

  /** The name of the exception that a request ends in; "ok" for none. */
  static String outcome(Asked asked) throws Exception {
    try {
      asked.future().get(30, TimeUnit.SECONDS);
      return "ok";
    } catch (ExecutionException e) {
      return e.getCause().getClass().getSimpleName();
    }
  }

  static String topic(Admin admin, String name, int partitions) throws Exception {
    admin.createTopics(List.of(new NewTopic(prefix + name, partitions, (short) 1))).all().get();
    // A real broker leads its new partitions a moment later.
    for (int i = 0; i < partitions; i++)
      while (!outcome(offset(admin, new TopicPartition(prefix + name, i), OffsetSpec.latest())).equals("ok")) Thread.sleep(20);
    return prefix + name;
  }

  static Asked offset(Admin admin, TopicPartition at, OffsetSpec spec) {
    return () -> admin.listOffsets(Map.of(at, spec)).partitionResult(at);
  }

  static void topics() throws Exception {
    try (var admin = Admin.create(config()); var producer = producer("acks", "all", "batch.size", "0")) {
      say("cluster", admin.describeCluster().nodes().get().size(), admin.describeCluster().controller().get().id());
      var name = topic(admin, "t", 2);
      var described = admin.describeTopics(List.of(name)).allTopicNames().get().get(name);
      say("partitions", described.partitions().size(), described.partitions().get(1).leader().id(), described.partitions().get(1).isr().size());
      say("listed", admin.listTopics().names().get().contains(name));
      say("again", outcome(() -> admin.createTopics(List.of(new NewTopic(name, 1, (short) 1))).all()));
      say("replicas", outcome(() -> admin.createTopics(List.of(new NewTopic(prefix + "r", 1, (short) 3))).all()));
      say("bad config", outcome(() -> admin.createTopics(List.of(new NewTopic(prefix + "c", 1, (short) 1).configs(Map.of("nix", "1")))).all()));
      say("bad name", outcome(() -> admin.createTopics(List.of(new NewTopic("a b", 1, (short) 1))).all()));
      say("missing", outcome(() -> admin.describeTopics(List.of(prefix + "missing")).allTopicNames()));
      say("fewer", outcome(() -> admin.createPartitions(Map.of(name, NewPartitions.increaseTo(1))).all()));
      say("more", outcome(() -> admin.createPartitions(Map.of(name, NewPartitions.increaseTo(3))).all()));

      var resource = new ConfigResource(ConfigResource.Type.TOPIC, name);
      var change = new AlterConfigOp(new ConfigEntry("retention.ms", "123456"), AlterConfigOp.OpType.SET);
      say("change", outcome(() -> admin.incrementalAlterConfigs(Map.of(resource, List.of(change))).all()));
      ConfigEntry entry;
      do entry = admin.describeConfigs(List.of(resource)).all().get().get(resource).get("retention.ms"); while (entry.isDefault());
      say("changed", entry.value(), entry.source());
      var bad = new AlterConfigOp(new ConfigEntry("retention.ms", "x"), AlterConfigOp.OpType.SET);
      say("bad change", outcome(() -> admin.incrementalAlterConfigs(Map.of(resource, List.of(bad))).all()));

      var at = new TopicPartition(name, 0);
      long base = System.currentTimeMillis() - 100_000;
      for (int i = 0; i < 10; i++) producer.send(new ProducerRecord<>(name, 0, base + (i == 4 ? 5000 : i * 100), "k", "v" + i)).get();
      say("offsets", offsets(admin, at, OffsetSpec.earliest()), offsets(admin, at, OffsetSpec.latest()),
          offsets(admin, at, OffsetSpec.forTimestamp(base + 150)), offsets(admin, at, OffsetSpec.maxTimestamp()), offsets(admin, at, OffsetSpec.forTimestamp(base + 90_000)));
      say("delete records", admin.deleteRecords(Map.of(at, RecordsToDelete.beforeOffset(7))).lowWatermarks().get(at).get().lowWatermark());
      say("after", offsets(admin, at, OffsetSpec.earliest()), offsets(admin, at, OffsetSpec.latest()));
      say("delete too much", outcome(() -> admin.deleteRecords(Map.of(at, RecordsToDelete.beforeOffset(99))).all()));
      try (var consumer = consumer(prefix + "reader", "auto.offset.reset", "none")) {
        consumer.assign(List.of(at));
        consumer.seek(at, 3);
        try {
          while (true) consumer.poll(Duration.ofMillis(200));
        } catch (OffsetOutOfRangeException e) {
          say("out of range", e.offsetOutOfRangePartitions().get(at));
        }
        consumer.seekToBeginning(List.of(at));
        say("read", values(consumer, 3));
        say("by time", consumer.offsetsForTimes(Map.of(at, base + 750)).get(at).offset(), consumer.endOffsets(List.of(at)).get(at));
      }
      say("too large", outcome(() -> failed(producer.send(new ProducerRecord<>(name, 0, "k", "x".repeat(1_048_500))))));
      say("delete", outcome(() -> admin.deleteTopics(List.of(name)).all()));
      say("delete again", outcome(() -> admin.deleteTopics(List.of(prefix + "missing")).all()));
    }
  }

  static KafkaFuture<Void> failed(Future<?> sent) {
    try {
      sent.get();
      return KafkaFuture.completedFuture(null);
    } catch (ExecutionException e) {
      var future = new org.apache.kafka.common.internals.KafkaFutureImpl<Void>();
      future.completeExceptionally(e.getCause());
      return future;
    } catch (InterruptedException e) {
      throw new RuntimeException(e);
    }
  }

  static long offsets(Admin admin, TopicPartition at, OffsetSpec spec) throws Exception {
    return admin.listOffsets(Map.of(at, spec)).partitionResult(at).get().offset();
  }

  static List<String> values(KafkaConsumer<String, String> consumer, int count) {
    var values = new ArrayList<String>();
    long deadline = System.currentTimeMillis() + 30_000;
    while (values.size() < count && System.currentTimeMillis() < deadline)
      for (var record : consumer.poll(Duration.ofMillis(100))) values.add(record.value());
    return values;
  }

  /** Polls all until each has as many partitions as it should have. */
  static void settle(Map<KafkaConsumer<String, String>, Integer> wanted) {
    long deadline = System.currentTimeMillis() + 60_000;
    while (System.currentTimeMillis() < deadline) {
      boolean isSettled = true;
      for (var entry : wanted.entrySet()) {
        entry.getKey().poll(Duration.ofMillis(50));
        isSettled &= entry.getKey().assignment().size() == entry.getValue();
      }
      if (isSettled) return;
    }
    throw new IllegalStateException("the group did not settle");
  }

  static void groups() throws Exception {
    try (var admin = Admin.create(config()); var producer = producer()) {
      for (var assignor : List.of(RangeAssignor.class, CooperativeStickyAssignor.class)) {
        var name = topic(admin, assignor.getSimpleName(), 4);
        var group = prefix + "group-" + assignor.getSimpleName();
        for (int i = 0; i < 40; i++) producer.send(new ProducerRecord<>(name, i % 4, "k", "v" + i));
        producer.flush();
        var first = consumer(group, "partition.assignment.strategy", assignor.getName());
        var second = consumer(group, "partition.assignment.strategy", assignor.getName());
        first.subscribe(List.of(name));
        second.subscribe(List.of(name));
        settle(Map.of(first, 4));
        say("one", first.assignment().size());
        settle(Map.of(first, 2, second, 2));
        var both = new TreeSet<Integer>();
        for (var at : first.assignment()) both.add(at.partition());
        for (var at : second.assignment()) both.add(at.partition());
        say("two", both);
        var described = admin.describeConsumerGroups(List.of(group)).all().get().get(group);
        say("described", described.groupState(), described.members().size(), described.partitionAssignor());
        say("not empty", outcome(() -> admin.deleteConsumerGroups(List.of(group)).all()));
        first.close();
        settle(Map.of(second, 4));
        say("left", second.assignment().size());
        for (var at : second.assignment()) second.seekToBeginning(List.of(at));
        say("read", new TreeSet<>(values(second, 40)).size());
        second.commitSync();
        second.close();
        say("committed", new TreeMap<>(sums(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get())));
        var at = new TopicPartition(name, 0);
        admin.alterConsumerGroupOffsets(group, Map.of(at, new OffsetAndMetadata(3, "by hand"))).all().get();
        say("altered", admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().get(at));
        admin.deleteConsumerGroupOffsets(group, Set.of(at)).all().get();
        say("one less", admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().size());
        say("state", admin.describeConsumerGroups(List.of(group)).all().get().get(group).groupState());
        say("deleted", outcome(() -> admin.deleteConsumerGroups(List.of(group)).all()));
        say("gone", outcome(() -> admin.deleteConsumerGroups(List.of(group)).all()));
      }
      staticMembers(admin);
    }
  }

  static Map<Integer, Long> sums(Map<TopicPartition, OffsetAndMetadata> offsets) {
    var sums = new HashMap<Integer, Long>();
    offsets.forEach((at, offset) -> sums.put(at.partition(), offset.offset()));
    return sums;
  }

  /** A member that stops and comes back under its name gets the same partitions, and nobody else is disturbed. */
  static void staticMembers(Admin admin) throws Exception {
    var name = topic(admin, "static", 2);
    var group = prefix + "static";
    var rebalances = new int[1];
    var stays = consumer(group, "group.instance.id", "stays");
    stays.subscribe(List.of(name), new ConsumerRebalanceListener() {
      public void onPartitionsRevoked(Collection<TopicPartition> partitions) {}
      public void onPartitionsAssigned(Collection<TopicPartition> partitions) { rebalances[0]++; }
    });
    var leaves = consumer(group, "group.instance.id", "leaves");
    leaves.subscribe(List.of(name));
    settle(Map.of(stays, 1, leaves, 1));
    var before = leaves.assignment();
    int rebalancesBefore = rebalances[0];
    leaves.close();
    var back = consumer(group, "group.instance.id", "leaves");
    back.subscribe(List.of(name));
    settle(Map.of(stays, 1, back, 1));
    say("static", back.assignment().equals(before), rebalances[0] - rebalancesBefore);
    var twin = consumer(group, "group.instance.id", "leaves");
    twin.subscribe(List.of(name));
    try {
      settle(Map.of(twin, 1));
      while (true) back.poll(Duration.ofMillis(50));
    } catch (KafkaException e) {
      say("fenced", e.getClass().getSimpleName());
    }
    for (var consumer : List.of(stays, back, twin)) consumer.close(Duration.ofSeconds(1));
  }

  static void transactions() throws Exception {
    try (var admin = Admin.create(config())) {
      var input = topic(admin, "in", 1);
      var output = topic(admin, "out", 2);
      var group = prefix + "copier";
      try (var producer = producer()) {
        for (int i = 0; i < 20; i++) producer.send(new ProducerRecord<>(input, "v" + i));
      }
      // Copies ten records, aborts, and copies them again: each is there once, and so is its offset.
      try (var consumer = consumer(group, "isolation.level", "read_committed", "max.poll.records", "10");
          var producer = producer("transactional.id", prefix + "copier")) {
        producer.initTransactions();
        consumer.subscribe(List.of(input));
        copy(consumer, producer, output);
        producer.abortTransaction();
        consumer.seekToBeginning(consumer.assignment());
        for (int i = 0; i < 2; i++) {
          copy(consumer, producer, output);
          producer.commitTransaction();
        }
        var at = new TopicPartition(input, 0);
        say("offset", admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().get(at).offset());
      }
      say("committed", readAll(output, "read_committed", 20));
      say("uncommitted", readAll(output, "read_uncommitted", 30));

      var zombie = producer("transactional.id", prefix + "fenced", "retries", "3");
      zombie.initTransactions();
      zombie.beginTransaction();
      zombie.send(new ProducerRecord<>(output, 0, "k", "zombie"));
      zombie.flush();
      var successor = producer("transactional.id", prefix + "fenced");
      successor.initTransactions();
      try {
        zombie.send(new ProducerRecord<>(output, 0, "k", "late")).get();
      } catch (ExecutionException e) {
        say("send fenced", e.getCause().getClass().getSimpleName());
      }
      try {
        zombie.commitTransaction();
      } catch (KafkaException e) {
        say("commit fenced", e.getClass().getSimpleName());
      }
      successor.beginTransaction();
      successor.send(new ProducerRecord<>(output, 0, "k", "successor"));
      successor.commitTransaction();
      successor.close();
      zombie.close(Duration.ZERO);
      say("then", readAll(output, "read_committed", 21));
      say("timeout", timeout());
    }
  }

  static String timeout() {
    try (var producer = producer("transactional.id", prefix + "slow", "transaction.timeout.ms", "2000000")) {
      producer.initTransactions();
      return "ok";
    } catch (KafkaException e) {
      return e.getClass().getSimpleName();
    }
  }

  static void copy(KafkaConsumer<String, String> consumer, KafkaProducer<String, String> producer, String to) {
    ConsumerRecords<String, String> records;
    do records = consumer.poll(Duration.ofMillis(100)); while (records.isEmpty());
    producer.beginTransaction();
    var offsets = new HashMap<TopicPartition, OffsetAndMetadata>();
    int count = 0;
    for (var record : records) {
      producer.send(new ProducerRecord<>(to, count++ % 2, "k", record.value()));
      offsets.put(new TopicPartition(record.topic(), record.partition()), new OffsetAndMetadata(record.offset() + 1));
    }
    // An abort would leave out what was not sent yet.
    producer.flush();
    producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
  }

  static String readAll(String topic, String isolation, int count) {
    try (var consumer = consumer(prefix + UUID.randomUUID(), "isolation.level", isolation)) {
      consumer.subscribe(List.of(topic));
      var values = values(consumer, count);
      // What should not be there would come now.
      for (var record : consumer.poll(Duration.ofMillis(300))) values.add(record.value());
      return values.size() + " " + new TreeSet<>(values).size();
    }
  }
}
