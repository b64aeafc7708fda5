// Command reader prints a file each time its content has changed, until it is stopped. The pods of the end-to-end tests run it
// to show the Secrets that they mount, because the image under test has no shell.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: reader FILE")
		os.Exit(2)
	}
	stopped := make(chan os.Signal, 1)
	signal.Notify(stopped, syscall.SIGINT, syscall.SIGTERM)
	ticker := time.NewTicker(time.Second)
	for shown := ""; ; {
		content, err := os.ReadFile(os.Args[1])
		if err != nil {
			fmt.Fprintln(os.Stderr, "reader:", err)
			os.Exit(1)
		}
		if string(content) != shown {
			shown = string(content)
			fmt.Println(shown)
		}
		select {
		case <-stopped:
			return
		case <-ticker.C:
		}
	}
}
