package transform

import (
	"slices"
	"strings"
)

const (
	maxLabel = 63  // bytes of one DNS label
	maxName  = 253 // bytes of a DNS name
)

// gap stands for the target in what is left of a string. It may stand in a host and is no namespace's name.
const gap = "-"

// defaultClusterDomains is what almost every cluster uses.
var defaultClusterDomains = []string{"cluster.local"}

// hostMatcher finds DNS names of the source's Services in text. Matching is at label boundaries: db.foo.svc
// is not in mydb.foo.svc, db.foo.svcs or db.foobar.svc. Names in Kubernetes are ASCII, so any other byte
// ends a name, and text may be in any encoding. Time is linear in the text: what is looked at around one
// place is bounded by the length of a DNS name.
type hostMatcher struct {
	source  string
	full    string // ".foo.svc"
	short   string // ".foo"
	domains []string
	inv     *Inventory
}

func newHostMatcher(source string, domains []string, inv *Inventory) *hostMatcher {
	if len(domains) == 0 {
		domains = defaultClusterDomains
	}
	return &hostMatcher{source: source, full: "." + source + ".svc", short: "." + source, domains: domains, inv: inv}
}

// hostMatches is what a text holds.
type hostMatches struct {
	moves []int // where the source stands in names of Services that moved, ascending
	stays bool  // a name of another Service of the source is in it
	alien bool  // a name like a Service's, in a domain that is not the cluster's, is in it
}

// find looks for svc.foo.svc and svc.foo.svc.<cluster domain> anywhere (whatever stands in front, such as a
// Pod's name), and for svc.foo where the text is a host, host:port, a list of them or holds URLs.
func (h *hostMatcher) find(s string) hostMatches {
	var found hostMatches
	if !strings.Contains(s, h.short) {
		return found
	}
	h.findFull(s, &found)
	full := len(found.moves)
	h.findShort(s, &found)
	if full > 0 && len(found.moves) > full {
		slices.Sort(found.moves)
	}
	return found
}

func (h *hostMatcher) findFull(s string, found *hostMatches) {
	for from := 0; ; {
		i := strings.Index(s[from:], h.full)
		if i < 0 {
			return
		}
		i += from
		from = i + 1
		rest := s[i+len(h.full):]
		if rest != "" && isLabelByte(rest[0]) {
			continue
		}
		switch {
		case !h.endsName(rest):
			found.alien = true
		case h.inv.HasService(labelBefore(s, i)):
			found.moves = append(found.moves, i+1)
		default:
			found.stays = true
		}
	}
}

// endsName says whether a name ends where rest begins, or after a known cluster domain.
func (h *hostMatcher) endsName(rest string) bool {
	if !continuesName(rest) {
		return true
	}
	for _, domain := range h.domains {
		if after, found := strings.CutPrefix(rest[1:], domain); found && !startsLabel(after) && !continuesName(after) {
			return true
		}
	}
	return false
}

// continuesName says whether rest begins with a dot and another label; a dot alone ends a sentence or is
// the root.
func continuesName(rest string) bool {
	return len(rest) > 1 && rest[0] == '.' && isLabelByte(rest[1])
}

func startsLabel(rest string) bool {
	return rest != "" && isLabelByte(rest[0])
}

// labelBefore is the label that ends at s[end]; empty when there is none or it is longer than one may be.
func labelBefore(s string, end int) string {
	start := end
	for start > 0 && isLabelByte(s[start-1]) {
		start--
		if end-start > maxLabel {
			return ""
		}
	}
	return s[start:end]
}

// isLabelByte says whether a byte may belong to a label. Capitals and underscores may not in Kubernetes,
// but a word that holds one is one word: my_db is not db.
func isLabelByte(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b == '-' || b == '_'
}

// findShort looks at hosts only: "db.foo" is also how one writes a file or a key, so in running text it
// says nothing.
func (h *hostMatcher) findShort(s string, found *hostMatches) {
	if strings.Contains(s, "://") {
		eachAuthority(s, func(start, end int) { h.hostList(s, start, end, found) })
		return
	}
	start := 0
	if strings.HasPrefix(s, "-") {
		start = strings.IndexByte(s, '=') + 1
	}
	if isHostList(s[start:]) {
		h.hostList(s, start, len(s), found)
	}
}

// eachAuthority visits the authority of each URL in s, without the user and his password.
func eachAuthority(s string, visit func(start, end int)) {
	for from := 0; ; {
		i := strings.Index(s[from:], "://")
		if i < 0 {
			return
		}
		start := from + i + len("://")
		end := start
		for end < len(s) && isAuthorityByte(s[end]) {
			end++
		}
		from = end
		visit(start+strings.LastIndexByte(s[start:end], '@')+1, end)
	}
}

// isAuthorityByte is false for what ends an authority in a URL, and for what ends a URL in text.
func isAuthorityByte(b byte) bool {
	return b > ' ' && b < 0x7f && !strings.ContainsRune("/?#;<>\"'`\\|()[]{}!", rune(b))
}

// isHostList says whether s is one or several hosts or host:port, separated by commas.
func isHostList(s string) bool {
	for s != "" {
		var item string
		item, s, _ = strings.Cut(s, ",")
		if !isHost(strings.TrimSpace(item)) {
			return false
		}
	}
	return true
}

func isHost(s string) bool {
	host, port, hasPort := strings.Cut(s, ":")
	if hasPort && strings.Trim(port, "0123456789") != "" && !strings.HasPrefix(port, "$") {
		return false
	}
	host = strings.TrimPrefix(host, "*.")
	if host == "" || len(host) > maxName {
		return false
	}
	for i := range len(host) {
		if !isLabelByte(host[i]) && host[i] != '.' {
			return false
		}
	}
	return true
}

// hostList judges each host of s[start:end].
func (h *hostMatcher) hostList(s string, start, end int, found *hostMatches) {
	for start < end {
		stop := end
		if i := strings.IndexByte(s[start:end], ','); i >= 0 {
			stop = start + i
		}
		h.host(s, start, stop, found)
		start = stop + 1
	}
}

// host judges s[start:end], a host or host:port. A name with a dot at its end is absolute: it means the
// top-level domain "foo" and not the namespace.
func (h *hostMatcher) host(s string, start, end int, found *hostMatches) {
	name, _, _ := strings.Cut(s[start:end], ":")
	name = strings.TrimSpace(name)
	before, ok := strings.CutSuffix(name, h.short)
	if !ok || !isHost(name) {
		return
	}
	at := start + strings.Index(s[start:end], name) + len(before)
	switch {
	case h.inv.HasService(labelBefore(name, len(before))):
		found.moves = append(found.moves, at+1)
	case !strings.Contains(before, "."):
		found.stays = true
	}
}

// rewrite is s with target in place of the source where it moved, and what is left of s beside that.
func (h *hostMatcher) rewrite(s, target string) (mapped, rest string, ok bool) {
	moves := h.find(s).moves
	if len(moves) == 0 {
		return s, s, false
	}
	return h.replace(s, moves, target), h.replace(s, moves, gap), true
}

func (h *hostMatcher) replace(s string, moves []int, with string) string {
	var b strings.Builder
	b.Grow(len(s) + len(moves)*(len(with)-len(h.source)))
	from := 0
	for _, at := range moves {
		b.WriteString(s[from:at])
		b.WriteString(with)
		from = at + len(h.source)
	}
	b.WriteString(s[from:])
	return b.String()
}

// strangers are the names in s that may mean a Service that is not in the backup. Whether they do depends
// on the cluster domains, so they are kept whole.
func (h *hostMatcher) strangers(s string) []string {
	if found := h.find(s); !found.stays && !found.alien {
		return nil
	}
	var names []string
	for from := 0; ; {
		i := strings.Index(s[from:], h.short)
		if i < 0 {
			return names
		}
		i += from
		from = i + 1
		name := nameAround(s, i)
		if found := h.find(name); found.stays || found.alien {
			names = append(names, name)
		}
	}
}

// nameAround is the run of labels and dots around s[i].
func nameAround(s string, i int) string {
	start, end := i, i
	for start > 0 && i-start < maxName && (isLabelByte(s[start-1]) || s[start-1] == '.') {
		start--
	}
	for end < len(s) && end-i < maxName && (isLabelByte(s[end]) || s[end] == '.') {
		end++
	}
	return strings.TrimSuffix(s[start:end], ".")
}
