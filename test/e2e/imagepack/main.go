// Command imagepack packs static binaries into an image archive (the docker-archive format, which docker, containerd and
// kind load), without a container engine. The same input files produce the same bytes.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
)

func main() {
	out := flag.String("o", "", "the archive to write")
	image := flag.String("image", "", "the image's name and tag")
	arch := flag.String("arch", runtime.GOARCH, "the architecture that the binaries are for")
	flag.Usage = func() {
		_, _ = fmt.Fprintln(flag.CommandLine.Output(), "usage: imagepack -o ARCHIVE -image NAME:TAG [-arch ARCH] BINARY...\n"+
			"Each binary goes to the image's root directory; the first one is the entrypoint.")
		flag.PrintDefaults()
	}
	flag.Parse()
	if *out == "" || *image == "" || flag.NArg() == 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := writeImage(*out, *image, *arch, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "imagepack:", err)
		os.Exit(1)
	}
}

func writeImage(out, image, arch string, binaries []string) (err error) {
	file, err := os.Create(out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return packImage(file, image, arch, binaries)
}
