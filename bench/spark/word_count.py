"""The same word count by PySpark: word_count.py REMOTE BROKERS TOPIC BATCHES RECORDS_PER_PARTITION PYTHON KIND, one query for each
range; KIND is mapInArrow (Python functions on the executors, counted before the shuffle), udf (a plain function that splits each
line) or sql. Prints milliseconds and words."""
import json
import sys
import time
from collections import Counter

import pyarrow as pa
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

remote, brokers, topic, batches, per_partition, python, kind = sys.argv[1:]
spark = SparkSession.builder.remote(remote).getOrCreate()
spark.conf.set("spark.sql.execution.pyspark.python", python)
spark.conf.set("spark.sql.shuffle.partitions", "2")
spark.conf.set("spark.sql.adaptive.enabled", "false")


def count_words(record_batches):
    counts = Counter()
    for batch in record_batches:
        for line in batch.column(0).cast(pa.string()).to_pylist():
            counts.update(line.split(" "))
    yield pa.RecordBatch.from_pydict({"word": list(counts.keys()), "n": list(counts.values())},
                                     schema=pa.schema([("word", pa.string()), ("n", pa.int64())]))


@F.udf("array<string>")
def split_line(line):
    return line.split(" ")


durations, totals = [], []
for batch in range(int(batches)):
    offsets = lambda at: json.dumps({topic: {str(p): at * int(per_partition) for p in range(4)}})
    lines = (spark.read.format("kafka").option("kafka.bootstrap.servers", brokers)
             .option("assign", json.dumps({topic: [0, 1, 2, 3]}))
             .option("startingOffsets", offsets(batch)).option("endingOffsets", offsets(batch + 1))
             .load().select("value"))
    if kind == "sql":
        words = lines.select(F.explode(F.split(F.col("value").cast("string"), " ")).alias("word"))
        counts = words.groupBy("word").agg(F.count("*").alias("n"))
    elif kind == "udf":
        words = lines.select(F.explode(split_line(F.col("value").cast("string"))).alias("word"))
        counts = words.groupBy("word").agg(F.count("*").alias("n"))
    else:
        counts = lines.mapInArrow(count_words, "word string, n long").groupBy("word").agg(F.sum("n").alias("n"))
    start = time.perf_counter()
    total = counts.agg(F.sum("n")).collect()[0][0]
    durations.append(round((time.perf_counter() - start) * 1000))
    totals.append(total)
print(json.dumps({"durations": durations, "totals": totals}))
