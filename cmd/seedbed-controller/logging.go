package main

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/go-logr/logr"
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

// logger writes one structured line for each event.
func (o *options) logger(out io.Writer) logr.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(o.logLevel)) // checked by validateLog
	settings := &slog.HandlerOptions{Level: level}
	if o.logFormat == "text" {
		return logr.FromSlogHandler(slog.NewTextHandler(out, settings))
	}
	return logr.FromSlogHandler(slog.NewJSONHandler(out, settings))
}
