import java.nio.file.Files;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.serialization.*;
import org.apache.kafka.streams.*;
import org.apache.kafka.streams.kstream.*;

/**
 * Kafka Streams with exactly_once_v2: two instances count records by key, one joins while the other is at work, which then leaves. Every
 * count of every key must be there once, in order.
 */
public class StreamsChecks {
  static final int keys = 20, rounds = 60;
  static final long patienceMs = 60_000;

  public static void main(String[] args) throws Exception {
    String brokers = args[0], prefix = args[1];
    String in = prefix + "in", out = prefix + "out";
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", brokers))) {
      admin.createTopics(List.of(new NewTopic(in, 4, (short) 1), new NewTopic(out, 4, (short) 1))).all().get(30, TimeUnit.SECONDS);
    }
    KafkaStreams first = instance(brokers, prefix, in, out);
    first.start();
    write(brokers, in, 0, rounds / 3);
    awaitCounts(brokers, out, rounds / 3);
    KafkaStreams second = instance(brokers, prefix, in, out);
    second.start();
    write(brokers, in, rounds / 3, 2 * rounds / 3);
    await(() -> second.state() == KafkaStreams.State.RUNNING && first.state() == KafkaStreams.State.RUNNING && !second.metadataForLocalThreads().iterator().next().activeTasks().isEmpty());
    first.close(Duration.ofSeconds(20));
    write(brokers, in, 2 * rounds / 3, rounds);
    Map<String, List<Long>> counts = awaitCounts(brokers, out, rounds);
    second.close(Duration.ofSeconds(20));
    for (Map.Entry<String, List<Long>> entry : counts.entrySet())
      for (int i = 0; i < entry.getValue().size(); i++)
        if (entry.getValue().get(i) != i + 1) throw new AssertionError(entry.getKey() + " was counted " + entry.getValue());
    System.out.println("streams: ok");
  }

  static KafkaStreams instance(String brokers, String prefix, String in, String out) throws Exception {
    StreamsBuilder builder = new StreamsBuilder();
    builder.stream(in, Consumed.with(Serdes.String(), Serdes.String())).groupByKey().count(Materialized.as("counts"))
        .toStream().to(out, Produced.with(Serdes.String(), Serdes.Long()));
    Properties config = new Properties();
    config.put("application.id", prefix + "app");
    config.put("bootstrap.servers", brokers);
    config.put("processing.guarantee", "exactly_once_v2");
    config.put("commit.interval.ms", "50");
    config.put("statestore.cache.max.bytes", "0");
    config.put("num.stream.threads", "1");
    config.put("state.dir", Files.createTempDirectory("dstream-streams").toString());
    config.put("consumer.auto.offset.reset", "earliest");
    config.put("consumer.heartbeat.interval.ms", "200");
    // An instance that is closed stays a member until its session ends.
    config.put("consumer.session.timeout.ms", "6000");
    config.put("consumer.metadata.max.age.ms", "1000");
    return new KafkaStreams(builder.build(), config);
  }

  static void write(String brokers, String topic, int from, int until) throws Exception {
    Map<String, Object> config = Map.of("bootstrap.servers", brokers, "linger.ms", "5");
    try (KafkaProducer<String, String> producer = new KafkaProducer<>(config, new StringSerializer(), new StringSerializer())) {
      for (int i = from; i < until; i++)
        for (int key = 0; key < keys; key++) producer.send(new ProducerRecord<>(topic, "key" + key, "v" + i));
      producer.flush();
    }
  }

  /** All counts of each key, in order, once there is the last one of every key. */
  static Map<String, List<Long>> awaitCounts(String brokers, String topic, long last) throws Exception {
    Map<String, Object> config = Map.of("bootstrap.servers", brokers, "isolation.level", "read_committed", "auto.offset.reset", "earliest");
    Map<String, List<Long>> counts = new TreeMap<>();
    try (KafkaConsumer<String, Long> consumer = new KafkaConsumer<>(config, new StringDeserializer(), new LongDeserializer())) {
      consumer.assign(consumer.partitionsFor(topic).stream().map(p -> new org.apache.kafka.common.TopicPartition(topic, p.partition())).toList());
      await(() -> {
        for (ConsumerRecord<String, Long> record : consumer.poll(Duration.ofMillis(100)))
          counts.computeIfAbsent(record.key(), key -> new ArrayList<>()).add(record.value());
        return counts.size() == keys && counts.values().stream().allMatch(of -> of.contains(last));
      });
    }
    return counts;
  }

  interface Condition {
    boolean holds() throws Exception;
  }

  static void await(Condition condition) throws Exception {
    for (long endMs = System.currentTimeMillis() + patienceMs; !condition.holds(); Thread.sleep(10))
      if (System.currentTimeMillis() > endMs) throw new AssertionError("it did not come to that");
  }
}
