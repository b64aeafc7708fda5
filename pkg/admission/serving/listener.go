package serving

import (
	"net"
	"sync"
	"sync/atomic"
)

// maxConnections is an upper bound of the open connections. The API server uses HTTP/1.1 for a Service, so one connection for
// each review in flight, and keeps up to 25 idle ones for each webhook. Each takes some 40 KiB here.
const maxConnections = 1024

// boundedListener closes connections over a bound at once, before their handshake.
type boundedListener struct {
	net.Listener

	open     atomic.Int32
	most     int32
	recorder Recorder
}

// Accept implements [net.Listener].
func (l *boundedListener) Accept() (net.Conn, error) {
	for {
		connection, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if l.open.Add(1) <= l.most {
			return &countedConnection{Conn: connection, closed: sync.OnceFunc(func() { l.open.Add(-1) })}, nil
		}
		l.open.Add(-1)
		l.recorder.WebhookRejected(ReasonConnections)
		_ = connection.Close() // the client reads EOF
	}
}

// countedConnection is counted until it is closed.
type countedConnection struct {
	net.Conn

	closed func()
}

// Close implements [net.Conn].
func (c *countedConnection) Close() error {
	c.closed()
	return c.Conn.Close()
}
