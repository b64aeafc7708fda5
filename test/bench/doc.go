//go:build bench

// Command bench measures Seedbed against the floor, on a real API server, in one run. `make bench` runs it;
// `go run -tags bench ./test/bench -help` lists the options.
//
// # The floor
//
// The floor (floor.go) is a bare client that POSTs the same objects, byte for byte as a restore sends them, into
// namespaces of its own. It does nothing else: it reads no response's body, checks nothing, records nothing,
// and is an administrator, for whom the API server neither checks permissions nor queues. It spares the API server the same
// work as Seedbed does (client.go); with -plain it does not, and behaves like a default client. The number of its
// concurrent requests and of its connections is the best that calibrate.go found on this machine
// for that number of objects: one setting for a lone namespace, one for a burst.
//
// Its namespaces are named floor-…: the webhooks are not called for them, and they ask for nothing, so
// the floor runs beside an installed Seedbed and pays nothing for it but a glance of its reconciler. Seedbed's ask for a
// baseline by annotation, so they pay for everything: the policies, the webhook call, the record with its result, and the
// condition.
//
// # The clock
//
// It starts when the creation of the namespace is sent. It ends when a watch (observer.go) shows the last
// object, or the condition BaselineReady, for the floor and Seedbed alike: that is when any other client can know.
//
// # How to read the table
//
// A row has the floor's figure, Seedbed's, and the ratio of Seedbed's to the floor's: 1.00 is as good as the
// floor; for milliseconds, calls and CPU a smaller ratio is better, for rates (namespaces/s) a larger one.
//
//   - one at a time: a lone namespace on an idle cluster; floor and Seedbed take turns. The floor has no
//     BaselineReady, so Seedbed's is compared with the floor's last object.
//   - burst: many namespaces at once, with the same number of concurrent creates as the floor. The
//     figure is the mean of several rounds, floor and Seedbed taking turns. (Collecting garbage is a third of a round's cost
//     to the API server, or none if it comes after the round: a median would show only one kind.) Total and rate count to
//     the last object of the last namespace, or to the last BaselineReady; "each" is one namespace's own time, including the
//     wait for its turn.
//   - calls: from apiserver_request_total, without those of an empty system namespace, which are the controller
//     manager's, and how long the API server took for each, from apiserver_request_duration_seconds. Events are
//     counted separately; leases and watches are left out.
//   - admission: how long the creation itself takes for the client, beside a creation that calls no webhook
//     under the same load; and the API server's own histogram of the call alone, whose buckets are coarse: the
//     figure is the upper bound of the bucket that holds the quantile.
//   - pod create (with -gate): in a namespace that no gated baseline covers, and in a gated one that is ready, beside one
//     that the policies do not match at all; the three take turns. The policy is evaluated for each Baseline that gates. Alone:
//     go run -tags bench ./test/bench -gate -objects 5 -singles 1 -calls 1 -bursts "" -skip-admission
//   - scale (with -scale N): N namespaces populated in one go from 50 baselines, the controller's memory then, the lists
//     of all clients during an idle minute, and a restarted controller: the time until it has reconciled every
//     namespace, and its writes, which should be none.
//   - CPU: of the controller, against the CPU that the bare client spent beyond its share while Seedbed works (it creates
//     the namespaces and watches in both). The API server's CPU is next to it, for the same burst.
//
// # Where the time goes
//
// Of a lone namespace with 20 objects, on two cores: the create is answered 1.2 to 2 ms later than the floor's, for the
// policies and the review. After the objects, which cost the API server the same as the floor's, come the record and the
// condition, 1.6 and 1.3 ms in the API server: they arrive while it still sends every watcher the objects. The number
// of objects written at a time decides: 8 at a time take a quarter longer than 32.
//
// A burst is bound by the CPU: nothing idles. Of the API server's part, 17 ms for a namespace of 20 objects and 30 while it
// collects garbage, for the floor as for Seedbed, a fifth to a third is garbage, and Seedbed makes 3.5 MB of it a namespace
// where the floor makes 2.7. The cost of the other calls in the API server, in creates of a ConfigMap (0.8 ms of CPU
// and 119 kB of garbage, measured call by call, in turn, each after a forced collection; the review is from profiles):
//
//	a record as it began      1.6   263 kB
//	its result, in a status   3.1   640 kB
//	the condition             1.3   183 kB
//	the review                0.5
//
// Since then the record is created once, at the end, with its result inside: one call where two were. In the same runs that
// made a burst of 1,000 namespaces of 20 objects go from 0.78 of the floor's rate to 0.84.
//
// At 20 objects those were a tenth to two fifths more than the floor's; at 100 and 5,000 objects it is next to nothing. It is
// the fields of a custom resource that cost: each is coerced, pruned, defaulted and validated whenever the object is read
// from a request or from etcd, at some 7 kB of garbage for a field, however short. Of the result's 3.1 a status of one field
// would have cost 2.1 (350 kB), and one without a schema 2.6 (414 kB), which makes a burst faster by a fortieth; but then a
// status that another writer spoils could not be decoded any more, and would stop the controller's watch of all records. To list
// the objects in one string, or to return the metadata alone, saves next to nothing. (The result cost more as a merge
// patch of a status that is not atomic, the event of a restore that went well 0.9: there is none any more.) A namespace's
// condition costs the same as a patch and as an update, in JSON and in protobuf. RBAC and the fair queues cost a service
// account a little less than checking its certificate costs an administrator like the floor. Bodies in protobuf, HTTP/1.1
// instead of HTTP/2, and 32 to 128 requests at a time cost the API server neither more nor less, within a twentieth.
//
// The controller's own CPU depends most on the number of its CPUs and of the connections it writes to: on two
// CPUs and four connections 335 to 350 µs an object, on one CPU 275, and over one connection 245, where the bare client
// spends 140 to 160. Threads that wake each other, and half-empty packets, cost both ends. That is why it runs on half of
// the CPUs, creates over one connection, and writes no more at a time than fits there. At 100 objects it is about even with
// the bare client. Beside the objects, a namespace costs it some 2 ms: deciding, record and condition, watches, the review
// and garbage. To collect a heap of 20 MiB at 35 percent of garbage instead of at 24 MiB of it cost a tenth of all that: 195
// to 230 µs an object are left, beside the client's 125 to 150.
//
// In a burst of 1,000 namespaces of 20 objects the floor took 30.4 ms of CPU a namespace, all processes together, and Seedbed,
// with record and result apart, 39.5: 5.3 more in the API server, 2.5 in etcd, the controller manager and the watchers, and
// 1.3 in the controller above the bare client. That was 0.77 of the floor's rate. A controller that cost no more than the bare client would have reached 0.80.
//
// Memory grows with the namespaces, 6 KiB each at the peak of a rollout for the namespace, its record, their indexes and, a third of
// it, garbage (129 MiB for 10,000); with the plans, up to --plan-cache-bytes; not with the objects of a namespace. Time from a
// start to caught up grows with the namespaces too, well below 1 ms each.
//
// New namespaces beside a rollout are late when the API server collects garbage, for two to four seconds of ten where it has a
// gigabyte: a collection that idle processors hide takes its share of busy ones. p99 of thousands of samples is then that of these
// seconds, and p99 of 200 beside an idle controller (85 to 180 ms) may have met none: compare several runs.
//
// # Noise
//
// All processes share this machine: client, controller, API server, etcd. Absolute times predict little for another
// machine, and nothing when another load runs here: trust ratios, and those only within a run. That is why
// no time limit fails a run. Runs that differ by less than a tenth in a ratio do not differ; for more, run
// several times with -benchstat FILE and compare with benchstat:
//
//	benchstat -col /side run1.txt run2.txt run3.txt
//
// With -pprof ADDRESS the controller serves its profiles there, and with -profiles DIRECTORY the run writes CPU
// profiles of the controller and of the API server during each burst, of the floor and of Seedbed separately. pprof merges
// several files, and subtracts one side's cost to the API server from the other's:
//
//	go tool pprof -top apiserver-bench-*.pprof
//	go tool pprof -top -diff_base apiserver-floor-1.pprof apiserver-bench-2.pprof
package main
