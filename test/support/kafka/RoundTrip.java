import java.util.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.*;

/**
 * The Java client's side of the round trips. produce BROKERS TOPIC CODEC COUNT | consume BROKERS TOPIC COUNT |
 * transactions BROKERS TOPIC | rounds BROKERS TOPIC ROUNDS PAUSE_MS.
 */
public class RoundTrip {
  public static void main(String[] args) throws Exception {
    switch (args[0]) {
      case "produce" -> produce(args[1], args[2], args[3], Integer.parseInt(args[4]));
      case "consume" -> consume(args[1], args[2], Integer.parseInt(args[3]));
      case "transactions" -> transactions(args[1], args[2]);
      case "rounds" -> rounds(args[1], args[2], Integer.parseInt(args[3]), Integer.parseInt(args[4]));
      default -> throw new IllegalArgumentException(args[0]);
    }
  }

  static Properties properties(String brokers) {
    Properties p = new Properties();
    p.put("bootstrap.servers", brokers);
    p.put("key.serializer", StringSerializer.class.getName());
    p.put("value.serializer", StringSerializer.class.getName());
    p.put("key.deserializer", StringDeserializer.class.getName());
    p.put("value.deserializer", StringDeserializer.class.getName());
    p.put("enable.metrics.push", "false");
    return p;
  }

  static void produce(String brokers, String topic, String codec, int count) {
    Properties p = properties(brokers);
    p.put("compression.type", codec);
    p.put("linger.ms", "20");
    try (var producer = new KafkaProducer<String, String>(p)) {
      for (int i = 0; i < count; i++) {
        var record = new ProducerRecord<>(topic, i % 3 == 0 ? null : "key-" + i, i % 7 == 0 ? null : "value-" + i);
        if (i % 5 == 0) record.headers().add("h", ("header-" + i).getBytes());
        producer.send(record);
      }
    }
  }

  /** Prints partition, key, value and headers of each record, a line each. */
  static void consume(String brokers, String topic, int count) {
    Properties p = properties(brokers);
    p.put("group.id", "round-trip-" + topic);
    p.put("auto.offset.reset", "earliest");
    p.put("isolation.level", "read_committed");
    try (var consumer = new KafkaConsumer<String, String>(p)) {
      consumer.subscribe(List.of(topic));
      long deadline = System.currentTimeMillis() + 30_000;
      for (int seen = 0; seen < count && System.currentTimeMillis() < deadline; ) {
        for (var r : consumer.poll(java.time.Duration.ofMillis(200))) {
          var headers = new StringBuilder();
          for (var h : r.headers()) headers.append(h.key()).append('=').append(new String(h.value()));
          System.out.println(r.key() + "|" + r.value() + "|" + headers);
          seen++;
        }
      }
      consumer.commitSync();
    }
  }

  /** Two producers, interleaved: committed records say "keep", aborted ones "drop". */
  static void transactions(String brokers, String topic) throws Exception {
    Properties a = properties(brokers), b = properties(brokers);
    a.put("transactional.id", topic + "-a");
    b.put("transactional.id", topic + "-b");
    a.put("batch.size", "200");
    b.put("batch.size", "200");
    try (var first = new KafkaProducer<String, String>(a); var second = new KafkaProducer<String, String>(b)) {
      first.initTransactions();
      second.initTransactions();
      for (int round = 0; round < 6; round++) {
        first.beginTransaction();
        second.beginTransaction();
        for (int i = 0; i < 40; i++) {
          first.send(new ProducerRecord<>(topic, 0, null, (round % 3 == 2 ? "keep" : "drop") + "-a-" + round + "-" + i));
          if (i % 2 == 0) second.send(new ProducerRecord<>(topic, 0, null, (round % 2 == 0 ? "keep" : "drop") + "-b-" + round + "-" + i));
          if (i % 10 == 9) { first.flush(); second.flush(); }
        }
        if (round % 3 == 2) first.commitTransaction(); else first.abortTransaction();
        if (round % 2 == 0) second.commitTransaction(); else second.abortTransaction();
      }
    }
  }

  /** A transaction after the other, every third one aborted, with six records over the topic's partitions; prints each round that was committed. */
  static void rounds(String brokers, String topic, int rounds, int pauseMs) throws Exception {
    Properties p = properties(brokers);
    p.put("transactional.id", topic + "-rounds");
    try (var producer = new KafkaProducer<String, String>(p)) {
      producer.initTransactions();
      int partitions = producer.partitionsFor(topic).size();
      for (int round = 0; round < rounds; round++) {
        producer.beginTransaction();
        for (int i = 0; i < 6; i++) producer.send(new ProducerRecord<>(topic, i % partitions, null, "round-" + round + "-" + i));
        producer.flush();
        if (round % 3 == 2) producer.abortTransaction();
        else {
          producer.commitTransaction();
          System.out.println(round);
        }
        Thread.sleep(pauseMs);
      }
    }
  }
}
