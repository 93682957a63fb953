// The OpenTelemetry Collector's own OTLP receiver, over HTTP on loopback. What it accepts is printed, each request as a line of JSON; before
// that the address it listens on. It ends when its input does.
package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"sync"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/confignet"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
)

var printing sync.Mutex

func printLine(kind string, data []byte, err error) error {
	if err != nil {
		return err
	}
	printing.Lock()
	defer printing.Unlock()
	var line bytes.Buffer
	fmt.Fprintf(&line, "{\"kind\":%q,\"data\":%s}\n", kind, data)
	_, err = os.Stdout.Write(line.Bytes())
	return err
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func freeAddress() string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	defer listener.Close()
	return listener.Addr().String()
}

func main() {
	ctx := context.Background()
	factory := otlpreceiver.NewFactory()
	config := factory.CreateDefaultConfig().(*otlpreceiver.Config)
	http := config.Protocols.HTTP.GetOrInsertDefault()
	http.ServerConfig.NetAddr = confignet.AddrConfig{Endpoint: freeAddress(), Transport: confignet.TransportTypeTCP}
	settings := receiver.Settings{ID: component.NewID(factory.Type()), TelemetrySettings: componenttest.NewNopTelemetrySettings()}

	traces, err := consumer.NewTraces(func(_ context.Context, traces ptrace.Traces) error {
		data, err := (&ptrace.JSONMarshaler{}).MarshalTraces(traces)
		return printLine("traces", data, err)
	})
	check(err)
	metrics, err := consumer.NewMetrics(func(_ context.Context, metrics pmetric.Metrics) error {
		data, err := (&pmetric.JSONMarshaler{}).MarshalMetrics(metrics)
		return printLine("metrics", data, err)
	})
	check(err)

	// Both share one server.
	tracesReceiver, err := factory.CreateTraces(ctx, settings, config, traces)
	check(err)
	metricsReceiver, err := factory.CreateMetrics(ctx, settings, config, metrics)
	check(err)
	host := componenttest.NewNopHost()
	check(tracesReceiver.Start(ctx, host))
	check(metricsReceiver.Start(ctx, host))
	check(printLine("listening", []byte(fmt.Sprintf("%q", http.ServerConfig.NetAddr.Endpoint)), nil))

	_, err = io.Copy(io.Discard, os.Stdin)
	check(err)
	check(tracesReceiver.Shutdown(ctx))
	check(metricsReceiver.Shutdown(ctx))
}
