// What users of franz-go do with a broker: produce and consume, groups that rebalance, transactions, administration. Prints a line for
// each part that went as it should, and ends with what did not.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

var (
	brokers string
	prefix  string
)

func main() {
	brokers, prefix = os.Args[1], os.Args[2]
	ctx, cancel := context.WithTimeout(context.Background(), 90*time.Second)
	defer cancel()
	parts := []struct {
		name string
		run  func(context.Context)
	}{{"records", records}, {"groups", groups}, {"transactions", transactions}, {"administration", administration}}
	for _, part := range parts {
		part.run(ctx)
		fmt.Println(part.name + ": ok")
	}
}

func client(options ...kgo.Opt) *kgo.Client {
	c, err := kgo.NewClient(append(options, kgo.SeedBrokers(brokers))...)
	must(err)
	return c
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func same(what string, got, want any) {
	if fmt.Sprint(got) != fmt.Sprint(want) {
		panic(fmt.Sprintf("%s: got %v, want %v", what, got, want))
	}
}

func topic(ctx context.Context, name string, partitions int32) string {
	c := client()
	defer c.Close()
	_, err := kadm.NewClient(c).CreateTopic(ctx, partitions, 1, nil, prefix+name)
	must(err)
	return prefix + name
}

// The values of a topic, sorted, once there are as many.
func values(ctx context.Context, c *kgo.Client, count int) []string {
	var found []string
	for len(found) < count {
		fetches := c.PollFetches(ctx)
		must(fetches.Err())
		fetches.EachRecord(func(r *kgo.Record) { found = append(found, string(r.Value)) })
	}
	sort.Strings(found)
	return found
}

func numbered(from, until int) []string {
	var all []string
	for i := from; i < until; i++ {
		all = append(all, fmt.Sprintf("%06d", i))
	}
	return all
}

func produce(ctx context.Context, c *kgo.Client, topic string, from, until int) {
	var sent []*kgo.Record
	for _, value := range numbered(from, until) {
		headers := []kgo.RecordHeader{{Key: "n", Value: []byte(value)}}
		sent = append(sent, &kgo.Record{Topic: topic, Key: []byte(value), Value: []byte(value), Headers: headers})
	}
	must(c.ProduceSync(ctx, sent...).FirstErr())
}

func records(ctx context.Context) {
	t := topic(ctx, "records", 3)
	codecs := []kgo.CompressionCodec{kgo.NoCompression(), kgo.GzipCompression(), kgo.SnappyCompression(), kgo.Lz4Compression(), kgo.ZstdCompression()}
	for i, codec := range codecs {
		c := client(kgo.ProducerBatchCompression(codec))
		produce(ctx, c, t, i*1000, (i+1)*1000)
		c.Close()
	}
	c := client(kgo.ConsumeTopics(t), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	defer c.Close()
	same("records", values(ctx, c, 5000), numbered(0, 5000))
}

func groups(ctx context.Context) {
	t := topic(ctx, "groups", 6)
	var mutex sync.Mutex
	seen := map[string]int{}
	partitions := map[string]int{}
	member := func(name string) (*kgo.Client, context.CancelFunc) {
		own, cancel := context.WithCancel(ctx)
		change := func(by int) func(context.Context, *kgo.Client, map[string][]int32) {
			return func(_ context.Context, _ *kgo.Client, topics map[string][]int32) {
				mutex.Lock()
				defer mutex.Unlock()
				partitions[name] += by * len(topics[t])
			}
		}
		c := client(kgo.ConsumerGroup(prefix+"group"), kgo.ConsumeTopics(t), kgo.AutoCommitInterval(200*time.Millisecond),
			kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.HeartbeatInterval(200*time.Millisecond),
			kgo.OnPartitionsAssigned(change(1)), kgo.OnPartitionsRevoked(change(-1)), kgo.OnPartitionsLost(change(-1)))
		go func() {
			for own.Err() == nil {
				c.PollFetches(own).EachRecord(func(r *kgo.Record) {
					mutex.Lock()
					defer mutex.Unlock()
					seen[string(r.Value)]++
				})
			}
		}()
		return c, cancel
	}
	until := func(what string, holds func() bool) {
		for ctx.Err() == nil {
			mutex.Lock()
			done := holds()
			mutex.Unlock()
			if done {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
		panic(what + " did not happen")
	}
	writer := client()
	defer writer.Close()
	first, stopFirst := member("first")
	until("first assignment", func() bool { return partitions["first"] == 6 })
	produce(ctx, writer, t, 0, 500)
	second, stopSecond := member("second")
	until("rebalance", func() bool { return partitions["first"] == 3 && partitions["second"] == 3 })
	produce(ctx, writer, t, 500, 1000)
	until("1000 records", func() bool { return len(seen) == 1000 })
	must(first.CommitUncommittedOffsets(ctx))
	stopFirst()
	first.Close()
	until("the rest", func() bool { return partitions["second"] == 6 })
	produce(ctx, writer, t, 1000, 1500)
	until("1500 records", func() bool { return len(seen) == 1500 })
	must(second.CommitUncommittedOffsets(ctx))
	admin := kadm.NewClient(writer)
	lag, err := admin.Lag(ctx, prefix+"group")
	must(err)
	same("lag", lag[prefix+"group"].Lag.Total(), 0)
	same("state", lag[prefix+"group"].State, "Stable")
	stopSecond()
	second.Close()
	_, err = admin.DeleteGroup(ctx, prefix+"group")
	must(err)
}

// Reads a topic, writes each record doubled in transactions of which some are aborted, and commits offsets with them.
func transactions(ctx context.Context) {
	in, out := topic(ctx, "in", 2), topic(ctx, "out", 2)
	writer := client()
	produce(ctx, writer, in, 0, 400)
	writer.Close()
	session, err := kgo.NewGroupTransactSession(kgo.SeedBrokers(brokers), kgo.TransactionalID(prefix+"txn"), kgo.ConsumerGroup(prefix+"etl"),
		kgo.ConsumeTopics(in), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.RequireStableFetchOffsets())
	must(err)
	for done, turn := 0, 0; done < 400; turn++ {
		fetches := session.PollRecords(ctx, 50)
		must(fetches.Err())
		must(session.Begin())
		count := 0
		fetches.EachRecord(func(r *kgo.Record) {
			n, err := strconv.Atoi(string(r.Value))
			must(err)
			count++
			session.Produce(ctx, &kgo.Record{Topic: out, Value: []byte(fmt.Sprintf("%06d", 2*n))}, nil)
		})
		isCommitted, err := session.End(ctx, kgo.TransactionEndTry(turn%3 != 2))
		must(err)
		if isCommitted {
			done += count
		}
	}
	session.Close()
	reader := client(kgo.ConsumeTopics(out), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	defer reader.Close()
	var want []string
	for i := range 400 {
		want = append(want, fmt.Sprintf("%06d", 2*i))
	}
	same("committed", values(ctx, reader, 400), want)
	short, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	same("more", reader.PollFetches(short).NumRecords(), 0)
}

func administration(ctx context.Context) {
	c := client()
	defer c.Close()
	admin := kadm.NewClient(c)
	t := topic(ctx, "admin", 1)
	_, err := admin.CreateTopic(ctx, 1, 1, nil, t)
	same("again", errors.Is(err, kerr.TopicAlreadyExists), true)
	_, err = admin.CreatePartitions(ctx, 2, t)
	must(err)
	value := "123456"
	altered, err := admin.AlterTopicConfigs(ctx, []kadm.AlterConfig{{Op: kadm.SetConfig, Name: "retention.ms", Value: &value}}, t)
	must(err)
	must(altered[0].Err)
	replaced, err := admin.AlterTopicConfigsState(ctx, []kadm.AlterConfig{{Name: "segment.ms", Value: &value}}, t)
	must(err)
	must(replaced[0].Err)
	var own []string
	for deadline := time.Now().Add(5 * time.Second); strings.Join(own, " ") != "segment.ms=123456" && time.Now().Before(deadline); {
		configs, err := admin.DescribeTopicConfigs(ctx, t)
		must(err)
		own = nil
		for _, config := range configs[0].Configs {
			if config.Source.String() == "DYNAMIC_TOPIC_CONFIG" {
				own = append(own, config.Key+"="+*config.Value)
			}
		}
	}
	same("configuration", own, "[segment.ms=123456]")
	produce(ctx, c, t, 0, 10)
	ends, err := admin.ListEndOffsets(ctx, t)
	must(err)
	total := int64(0)
	ends.Each(func(o kadm.ListedOffset) { total += o.Offset })
	same("ends", total, 10)
	_, err = admin.DeleteRecords(ctx, ends.Offsets())
	must(err)
	starts, err := admin.ListStartOffsets(ctx, t)
	must(err)
	starts.Each(func(o kadm.ListedOffset) { total -= o.Offset })
	same("starts", total, 0)
	_, err = admin.DeleteTopic(ctx, t)
	must(err)
}
