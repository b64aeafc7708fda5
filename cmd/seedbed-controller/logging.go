package main

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/go-logr/logr"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"
)

func (o *options) validateLog() error {
	var level slog.Level
	if err := level.UnmarshalText([]byte(o.logLevel)); err != nil {
		return fmt.Errorf("--log-level %q: it must be debug, info, warn or error", o.logLevel)
	}
	if o.logFormat != "json" && o.logFormat != "text" {
		return fmt.Errorf("--log-format %q: it must be json or text", o.logFormat)
	}
	return nil
}

// setupLogging sets the loggers of the whole process to one handler: that of controller-runtime, that of client-go (klog), and
// that of Go's HTTP servers (the standard logger, at level info).
func (o *options) setupLogging(out io.Writer) {
	var level slog.Level
	_ = level.UnmarshalText([]byte(o.logLevel)) // checked by validateLog
	settings := &slog.HandlerOptions{Level: level}
	var handler slog.Handler = slog.NewJSONHandler(out, settings)
	if o.logFormat == "text" {
		handler = slog.NewTextHandler(out, settings)
	}
	ctrl.SetLogger(logr.FromSlogHandler(handler))
	klog.SetLogger(logr.FromSlogHandler(handler))
	slog.SetDefault(slog.New(handler))
}
