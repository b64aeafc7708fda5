package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"seedbed.dev/seedbed/test/cluster"
)

// omittedBlocks maps the blocks of commands that cannot run on a control plane alone to the reason.
var omittedBlocks = map[string]string{
	"make demo     # builds a real Kubernetes control plane on loopback and plays the story below (ONCE=1: and ends)\n" +
		"make test     # unit and integration tests, on the same control plane": "they start control planes of their own, and this is one of the tests",
	"make build image-archive IMAGE=seedbed.dev/seedbed:0.1.0\nkind load image-archive .bin/seedbed.tar": "there is no kind, and no container engine",
	"kubectl -n seedbed-system port-forward deployment/seedbed 8080 &\n" +
		"curl --insecure --header \"Authorization: Bearer $(kubectl create token prometheus -n monitoring)\" https://127.0.0.1:8080/metrics": "no pod runs on a control plane alone",
}

// block is a fenced block of commands.
type block struct {
	file, text string
}

func (b block) omissionReason() string { return omittedBlocks[b.text] }

// isInstall reports whether a block installs Seedbed.
func (b block) isInstall() bool { return strings.HasPrefix(b.text, "helm install") }

var (
	fence    = regexp.MustCompile("(?ms)^```(\\w*)\n(.*?)\n```$")
	commands = regexp.MustCompile(`(?m)^(\S+=\$\()?(make|kubectl|helm|seedbed|kind|docker) `)
)

// readBlocks returns the blocks of commands in a file of the repository, in order.
func readBlocks(t *testing.T, file string) []block {
	t.Helper()
	root, err := cluster.Root()
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	var blocks []block
	for _, match := range fence.FindAllStringSubmatch(string(content), -1) {
		switch language, text := match[1], match[2]; {
		case language == "sh":
			blocks = append(blocks, block{file, text})
		case commands.MatchString(text):
			t.Errorf("%s: this block has commands, so fence it with ```sh:\n%s", file, text)
		}
	}
	return blocks
}

// Each omitted block exists in a README, and the README builds the image that the chart runs.
func TestOmittedBlocksExist(t *testing.T) {
	texts := map[string]bool{}
	for _, file := range []string{"README.md", "charts/seedbed/README.md"} {
		for _, block := range readBlocks(t, file) {
			texts[block.text] = true
		}
	}
	for text := range omittedBlocks {
		if !texts[text] {
			t.Errorf("no README has this block any more:\n%s", text)
		}
	}
	root, err := cluster.Root()
	if err != nil {
		t.Fatal(err)
	}
	chart, err := os.ReadFile(filepath.Join(root, "charts/seedbed/Chart.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`(?m)^appVersion: (.*)$`).FindStringSubmatch(string(chart))[1]
	for text := range omittedBlocks {
		if strings.Contains(text, "IMAGE=") && !strings.Contains(text, "IMAGE=seedbed.dev/seedbed:"+version+"\n") {
			t.Errorf("the chart runs version %s, and the README builds another one:\n%s", version, text)
		}
	}
}
