package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

const loopback = "127.0.0.1"

// port is a free TCP port on loopback that is reserved until it is released: a socket with SO_REUSEPORT is bound to it and
// never listens, so no other process is assigned the port, and a daemon that also sets SO_REUSEPORT can serve on it. A port that
// were only probed and closed could be taken before the daemon starts.
type port struct {
	number int
	socket *os.File
}

func reservePort() (port, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		return port{}, fmt.Errorf("reserving a port: %w", err)
	}
	unix.CloseOnExec(fd)
	socket := os.NewFile(uintptr(fd), "port")
	number, err := bindFree(fd)
	if err != nil {
		return port{}, errors.Join(fmt.Errorf("reserving a port: %w", err), socket.Close())
	}
	return port{number: number, socket: socket}, nil
}

func bindFree(fd int) (int, error) {
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1); err != nil {
		return 0, err
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return 0, err
	}
	address, err := unix.Getsockname(fd)
	if err != nil {
		return 0, err
	}
	inet, ok := address.(*unix.SockaddrInet4)
	if !ok {
		return 0, fmt.Errorf("unexpected address %T", address)
	}
	return inet.Port, nil
}

func (p port) String() string {
	return strconv.Itoa(p.number)
}

func (p port) baseURL(scheme string) string {
	return scheme + "://" + net.JoinHostPort(loopback, p.String())
}

// ports are the ports of a control plane.
type ports struct {
	api, etcd, etcdPeer port
}

func reservePorts() (*ports, error) {
	var reserved ports
	for _, each := range []*port{&reserved.api, &reserved.etcd, &reserved.etcdPeer} {
		var err error
		if *each, err = reservePort(); err != nil {
			return nil, err
		}
	}
	return &reserved, nil
}
