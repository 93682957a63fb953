"""What users of Python's clients do with a broker: produce and consume, groups that rebalance, transactions, administration.

Usage: checks.py CLIENT BROKERS PREFIX. Prints a line for each part that went as it should, and ends with what did not.
"""

import asyncio
import sys
import threading
import time

client_name, brokers, prefix = sys.argv[1:4]
patience = 60


def same(what, got, want):
    if got != want:
        raise AssertionError(f"{what}: got {got!r}, want {want!r}")


def numbered(start, end):
    return [f"{i:06d}" for i in range(start, end)]


def until(what, holds):
    end = time.monotonic() + patience
    while not holds():
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not happen")
        time.sleep(0.02)


def kafka_python():
    from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
    from kafka.admin import ConfigResource, ConfigResourceType, NewPartitions, NewTopic
    from kafka.errors import TopicAlreadyExistsError

    at = {"bootstrap_servers": brokers}
    admin = KafkaAdminClient(**at)

    def topic(name, partitions):
        admin.create_topics([NewTopic(prefix + name, partitions, 1)])
        return prefix + name

    def produce(producer, name, start, end):
        sent = [producer.send(name, key=v.encode(), value=v.encode(), headers=[("n", b"1")]) for v in numbered(start, end)]
        for future in sent:
            future.get(timeout=patience)

    def values(consumer, count):
        found = []
        end = time.monotonic() + patience
        while len(found) < count and time.monotonic() < end:
            for records in consumer.poll(timeout_ms=200).values():
                found += [record.value.decode() for record in records]
        return sorted(found)

    t = topic("records", 3)
    for i, codec in enumerate([None, "gzip"]):
        producer = KafkaProducer(**at, compression_type=codec, acks="all", linger_ms=5)
        produce(producer, t, i * 500, (i + 1) * 500)
        producer.close()
    consumer = KafkaConsumer(t, **at, auto_offset_reset="earliest")
    same("records", values(consumer, 1000), numbered(0, 1000))
    consumer.close()
    print("records: ok")

    t = topic("groups", 4)
    seen, assigned, stopped, threads = set(), {}, {}, {}

    def member(name):
        consumer = KafkaConsumer(
            t, **at, group_id=prefix + "group", auto_offset_reset="earliest", heartbeat_interval_ms=200, auto_commit_interval_ms=200
        )
        while not stopped.get(name):
            # A short wait can end just as a join does, and kafka-python 3.0.12 then loses the assignment (with Kafka's broker, too).
            for records in consumer.poll(timeout_ms=1000).values():
                seen.update(record.value.decode() for record in records)
            assigned[name] = len(consumer.assignment())
        consumer.close()
        assigned[name] = 0

    def start(name):
        threads[name] = threading.Thread(target=member, args=[name], daemon=True)
        threads[name].start()

    producer = KafkaProducer(**at)
    start("first")
    until("first assignment", lambda: assigned.get("first") == 4)
    produce(producer, t, 0, 200)
    start("second")
    until("rebalance", lambda: assigned.get("first") == 2 and assigned.get("second") == 2)
    produce(producer, t, 200, 400)
    until("400 records", lambda: len(seen) == 400)
    stopped["first"] = True
    until("the rest", lambda: assigned.get("second") == 4)
    produce(producer, t, 400, 500)
    until("500 records", lambda: len(seen) == 500)
    stopped["second"] = True
    for thread in threads.values():
        thread.join(patience)
    offsets = admin.list_group_offsets({prefix + "group": None}) if hasattr(admin, "list_group_offsets") else None
    if offsets is not None:
        committed = sum(offset.offset for offset in offsets[prefix + "group"].values())
        same("committed", committed, 500)
    print("groups: ok")

    t = topic("transactions", 1)
    producer = KafkaProducer(**at, transactional_id=prefix + "txn")
    producer.init_transactions()
    for i in range(4):
        producer.begin_transaction()
        for value in numbered(i * 100, (i + 1) * 100):
            producer.send(t, value=value.encode())
        if i % 2 == 0:
            producer.commit_transaction()
        else:
            producer.abort_transaction()
    producer.close()
    consumer = KafkaConsumer(t, **at, auto_offset_reset="earliest", isolation_level="read_committed")
    same("committed", values(consumer, 200), numbered(0, 100) + numbered(200, 300))
    consumer.close()
    print("transactions: ok")

    t = topic("admin", 1)
    try:
        topic("admin", 1)
        raise AssertionError("the topic was created twice")
    except TopicAlreadyExistsError:
        pass
    admin.create_partitions({t: NewPartitions(3)})
    resource = ConfigResource(ConfigResourceType.TOPIC, t, {"retention.ms": "123456"})
    admin.alter_configs([resource])
    consumer = KafkaConsumer(**at)
    until("3 partitions", lambda: consumer.partitions_for_topic(t) == {0, 1, 2})
    same("end", consumer.end_offsets([TopicPartition(t, 0)]), {TopicPartition(t, 0): 0})
    consumer.close()
    admin.delete_topics([t])
    admin.close()
    print("administration: ok")


async def aiokafka():
    from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
    from aiokafka.admin import AIOKafkaAdminClient, NewTopic

    at = {"bootstrap_servers": brokers}
    admin = AIOKafkaAdminClient(**at)
    await admin.start()

    async def topic(name, partitions):
        await admin.create_topics([NewTopic(prefix + name, partitions, 1)])
        return prefix + name

    async def produce(producer, name, start, end):
        sent = [await producer.send(name, key=v.encode(), value=v.encode()) for v in numbered(start, end)]
        await asyncio.gather(*sent)

    async def values(consumer, count):
        found = []
        while len(found) < count:
            found.append((await asyncio.wait_for(consumer.getone(), patience)).value.decode())
        return sorted(found)

    async def holds(what, test):
        end = time.monotonic() + patience
        while not test():
            if time.monotonic() > end:
                raise AssertionError(f"{what} did not happen")
            await asyncio.sleep(0.02)

    t = await topic("records", 3)
    for i, codec in enumerate([None, "gzip"]):
        async with AIOKafkaProducer(**at, compression_type=codec, enable_idempotence=True) as producer:
            await produce(producer, t, i * 500, (i + 1) * 500)
    async with AIOKafkaConsumer(t, **at, auto_offset_reset="earliest") as consumer:
        same("records", await values(consumer, 1000), numbered(0, 1000))
    print("records: ok")

    t = await topic("groups", 4)
    seen = set()

    async def member():
        consumer = AIOKafkaConsumer(
            t, **at, group_id=prefix + "group", auto_offset_reset="earliest", heartbeat_interval_ms=200, auto_commit_interval_ms=200
        )
        await consumer.start()

        async def read():
            async for record in consumer:
                seen.add(record.value.decode())

        return consumer, asyncio.create_task(read())

    async with AIOKafkaProducer(**at) as producer:
        first, reading_first = await member()
        await holds("first assignment", lambda: len(first.assignment()) == 4)
        await produce(producer, t, 0, 200)
        second, reading_second = await member()
        await holds("rebalance", lambda: (len(first.assignment()), len(second.assignment())) == (2, 2))
        await produce(producer, t, 200, 400)
        await holds("400 records", lambda: len(seen) == 400)
        reading_first.cancel()
        await first.stop()
        await holds("the rest", lambda: len(second.assignment()) == 4)
        await produce(producer, t, 400, 500)
        await holds("500 records", lambda: len(seen) == 500)
        reading_second.cancel()
        await second.commit()
        await second.stop()
    committed = await admin.list_consumer_group_offsets(prefix + "group")
    same("committed", sum(offset.offset for offset in committed.values()), 500)
    print("groups: ok")

    t, out = await topic("in", 1), await topic("out", 1)
    async with AIOKafkaProducer(**at) as producer:
        await produce(producer, t, 0, 200)
    async with AIOKafkaConsumer(t, **at, group_id=prefix + "etl", auto_offset_reset="earliest", enable_auto_commit=False) as consumer:
        async with AIOKafkaProducer(**at, transactional_id=prefix + "txn") as producer:
            for i in range(4):
                await producer.begin_transaction()
                position = 0
                for _ in range(50):
                    record = await asyncio.wait_for(consumer.getone(), patience)
                    await producer.send(out, record.value)
                    position = record.offset + 1
                await producer.send_offsets_to_transaction({TopicPartition(t, 0): position}, prefix + "etl")
                if i % 2 == 0:
                    await producer.commit_transaction()
                else:
                    await producer.abort_transaction()
        same("position", await consumer.committed(TopicPartition(t, 0)), 150)
    async with AIOKafkaConsumer(out, **at, auto_offset_reset="earliest", isolation_level="read_committed") as consumer:
        same("committed", await values(consumer, 100), numbered(0, 50) + numbered(100, 150))
    print("transactions: ok")

    topics = await admin.list_topics()
    same("listed", prefix + "records" in topics, True)
    await admin.delete_topics([prefix + "records"])
    await admin.close()
    print("administration: ok")


def confluent():
    from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
    from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ConfigSource, NewPartitions, NewTopic, ResourceType

    at = {"bootstrap.servers": brokers}
    admin = AdminClient(at)

    def topic(name, partitions):
        for future in admin.create_topics([NewTopic(prefix + name, partitions, 1)]).values():
            future.result(patience)
        return prefix + name

    def produce(producer, name, start, end):
        for value in numbered(start, end):
            producer.produce(name, key=value, value=value, headers={"n": "1"})
        same("unsent", producer.flush(patience), 0)

    def values(consumer, count):
        found = []
        end = time.monotonic() + patience
        while len(found) < count and time.monotonic() < end:
            for record in consumer.consume(1000, 0.2):
                same("error", record.error(), None)
                found.append(record.value().decode())
        return sorted(found)

    t = topic("records", 3)
    codecs = ["none", "gzip", "snappy", "lz4", "zstd"]
    for i, codec in enumerate(codecs):
        produce(Producer({**at, "compression.type": codec, "enable.idempotence": True}), t, i * 1000, (i + 1) * 1000)
    reader = {**at, "auto.offset.reset": "earliest"}
    consumer = Consumer({**reader, "group.id": prefix + "reader"})
    consumer.subscribe([t])
    same("records", values(consumer, 5000), numbered(0, 5000))
    consumer.close()
    print("records: ok")

    t = topic("groups", 4)
    for strategy in ["range", "cooperative-sticky"]:
        group = prefix + strategy
        seen, assigned, stopped, threads = set(), {}, {}, {}

        def member(name):
            consumer = Consumer({**reader, "group.id": group, "partition.assignment.strategy": strategy, "heartbeat.interval.ms": 200})
            consumer.subscribe([t])
            while not stopped.get(name):
                for record in consumer.consume(100, 0.05):
                    seen.add(record.value().decode())
                assigned[name] = len(consumer.assignment())
            consumer.close()

        def start(name):
            threads[name] = threading.Thread(target=member, args=[name], daemon=True)
            threads[name].start()

        producer = Producer(at)
        begin = 0 if strategy == "range" else 500
        start("first")
        until("first assignment", lambda: assigned.get("first") == 4)
        produce(producer, t, begin, begin + 200)
        start("second")
        until("rebalance", lambda: assigned.get("first") == 2 and assigned.get("second") == 2)
        produce(producer, t, begin + 200, begin + 400)
        until("400 records", lambda: len(seen) == begin + 400)
        stopped["first"] = True
        until("the rest", lambda: assigned.get("second") == 4)
        produce(producer, t, begin + 400, begin + 500)
        until("500 records", lambda: len(seen) == begin + 500)
        stopped["second"] = True
        for thread in threads.values():
            thread.join(patience)
    print("groups: ok")

    t, out = topic("in", 1), topic("out", 1)
    produce(Producer(at), t, 0, 200)
    consumer = Consumer({**reader, "group.id": prefix + "etl", "enable.auto.commit": False})
    consumer.subscribe([t])
    producer = Producer({**at, "transactional.id": prefix + "txn"})
    producer.init_transactions(patience)
    for i in range(4):
        producer.begin_transaction()
        count = 0
        while count < 50:
            record = consumer.poll(patience)
            same("error", record.error(), None)
            producer.produce(out, record.value())
            count += 1
        producer.send_offsets_to_transaction(consumer.position(consumer.assignment()), consumer.consumer_group_metadata(), patience)
        if i % 2 == 0:
            producer.commit_transaction(patience)
        else:
            producer.abort_transaction(patience)
    same("position", consumer.committed([TopicPartition(t, 0)], patience)[0].offset, 150)
    consumer.close()
    consumer = Consumer({**reader, "group.id": prefix + "committed", "isolation.level": "read_committed"})
    consumer.subscribe([out])
    same("committed", values(consumer, 100), numbered(0, 50) + numbered(100, 150))
    consumer.close()
    print("transactions: ok")

    t = topic("admin", 1)
    try:
        topic("admin", 1)
        raise AssertionError("the topic was created twice")
    except KafkaException as error:
        same("again", error.args[0].name(), "TOPIC_ALREADY_EXISTS")
    admin.create_partitions([NewPartitions(t, 3)])[t].result(patience)
    changed = ConfigEntry("retention.ms", "123456", incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, t, incremental_configs=[changed])
    admin.incremental_alter_configs([resource])[resource].result(patience)
    replaced = ConfigResource(ResourceType.TOPIC, t, set_config={"segment.ms": "123456"})
    admin.alter_configs([replaced])[replaced].result(patience)
    described = ConfigResource(ResourceType.TOPIC, t)

    def own():
        entries = admin.describe_configs([described])[described].result(patience)
        return {name: entry.value for name, entry in entries.items() if entry.source == ConfigSource.DYNAMIC_TOPIC_CONFIG.value}

    until("the configuration", lambda: own() == {"segment.ms": "123456"})
    groups = admin.list_consumer_groups().result(patience).valid
    same("listed", prefix + "etl" in [group.group_id for group in groups], True)
    admin.delete_consumer_groups([prefix + "etl"])[prefix + "etl"].result(patience)
    admin.delete_topics([t])[t].result(patience)
    print("administration: ok")


if client_name == "aiokafka":
    asyncio.run(aiokafka())
else:
    {"kafka-python": kafka_python, "confluent-kafka": confluent}[client_name]()
