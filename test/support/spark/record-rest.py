# python record-rest.py: what the REST API of a DStream job of this PySpark answers, for test/unit/ui/spark-rest-3.5.json. Needs the
# pyspark package, up to 3.5 with DStreams of Python.
import json
import socket
import threading
import time
import urllib.request

from pyspark import SparkConf, SparkContext
from pyspark.streaming import StreamingContext

server = socket.socket()
server.bind(("127.0.0.1", 0))
server.listen(1)


def feed():
    connection, _ = server.accept()
    try:
        for _ in range(200):
            connection.sendall(b"a b c\n")
            time.sleep(0.05)
    except OSError:
        pass


threading.Thread(target=feed, daemon=True).start()
conf = SparkConf().setMaster("local[2]").setAppName("recorded").set("spark.ui.port", "45040")
conf = conf.set("spark.driver.host", "127.0.0.1").set("spark.driver.bindAddress", "127.0.0.1")
ssc = StreamingContext(SparkContext(conf=conf), 1)
lines = ssc.socketTextStream("127.0.0.1", server.getsockname()[1])
lines.flatMap(lambda line: line.split(" ")).map(lambda word: (word, 1)).reduceByKey(lambda a, b: a + b).pprint()
count = [0]


def fail(rdd):
    count[0] += 1
    rdd.count()
    if count[0] == 3:
        raise Exception("an output that fails")


lines.foreachRDD(fail)
ssc.start()
time.sleep(6)
root = "http://127.0.0.1:45040/api/v1/applications"


def get(path):
    with urllib.request.urlopen(root + path) as response:
        return json.load(response)


def first_line(value):
    return value.split("\n")[0] if isinstance(value, str) else value


job = get("")[0]["id"]
recorded = {"/applications": get(""), "/applications/ID": get("/" + job)}
for path in ["statistics", "receivers", "receivers/0"]:
    recorded["/applications/ID/streaming/" + path] = get(f"/{job}/streaming/{path}")
for batch in get(f"/{job}/streaming/batches"):
    name = "/applications/ID/streaming/batches " + batch["status"]
    if name in recorded:
        continue
    recorded[name] = {key: first_line(value) for key, value in batch.items()}
    operations = get(f"/{job}/streaming/batches/{batch['batchId']}/operations")
    recorded[f"/applications/ID/streaming/batches/ID/operations {batch['status']}"] = [
        {key: first_line(value) for key, value in operation.items()} for operation in operations
    ]
print(json.dumps(recorded, indent=2))
ssc.stop(True, False)
