package transform

import (
	"iter"
	"slices"
	"strings"
)

const (
	maxLabel = 63  // bytes of a DNS label
	maxName  = 253 // bytes of a DNS name
)

// targetMask replaces the target's name in the rest of a mapped string. A host may contain it, and it is no
// namespace's name.
const targetMask = "-"

// defaultClusterDomains apply where Mapping names none: almost every cluster uses cluster.local.
var defaultClusterDomains = []string{"cluster.local"}

// hostMatcher finds DNS names of the source's Services in text. It matches at label boundaries: db.foo.svc is not in
// mydb.foo.svc, db.foo.svcs or db.foobar.svc. Names in Kubernetes are ASCII, so any other byte ends a name, and text
// may have any encoding. Time is linear in the text: around each place it reads at most the length of a DNS name.
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

// hostMatches are the names that findNames found in a text.
type hostMatches struct {
	moved         []int // indexes of the source in names of Services that moved, ascending
	stayed        bool  // another Service of the source is named
	foreignDomain bool  // a name like a Service's is in a domain that is not the cluster's
}

// findNames finds svc.foo.svc and svc.foo.svc.<cluster domain> anywhere, whatever precedes them (a Pod's name, for
// example). It finds svc.foo only if the text is a host, a host:port or a list of them, or in its URLs.
func (h *hostMatcher) findNames(s string) hostMatches {
	var found hostMatches
	if !strings.Contains(s, h.short) {
		return found
	}
	h.findFullNames(s, &found)
	full := len(found.moved)
	h.findShortNames(s, &found)
	if full > 0 && len(found.moved) > full {
		slices.Sort(found.moved)
	}
	return found
}

func (h *hostMatcher) findFullNames(s string, found *hostMatches) {
	for i := range occurrences(s, h.full) {
		rest := s[i+len(h.full):]
		if startsLabel(rest) {
			continue
		}
		switch {
		case !h.endsName(rest):
			found.foreignDomain = true
		case h.inv.HasService(labelBefore(s, i)):
			found.moved = append(found.moved, i+1)
		default:
			found.stayed = true
		}
	}
}

// endsName reports whether a name ends where rest begins, or after a known cluster domain.
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

// continuesName reports whether rest begins with a dot and another label. A dot alone ends a sentence or is the root.
func continuesName(rest string) bool {
	return len(rest) > 1 && rest[0] == '.' && isLabelByte(rest[1])
}

func startsLabel(rest string) bool {
	return rest != "" && isLabelByte(rest[0])
}

// labelBefore returns the label that ends at s[end], or "" if there is none or it is longer than a label may be.
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

// isLabelByte reports whether a byte may belong to a label. Capitals and underscores may not in Kubernetes, but they
// are part of a word: my_db is not db.
func isLabelByte(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b == '-' || b == '_'
}

// findShortNames looks at hosts only: files and keys are written like "db.foo" too, so in running text it means
// nothing.
func (h *hostMatcher) findShortNames(s string, found *hostMatches) {
	if strings.Contains(s, "://") {
		eachAuthority(s, func(start, end int) { h.matchHostList(s, start, end, found) })
		return
	}
	start := 0
	if strings.HasPrefix(s, "-") {
		start = strings.IndexByte(s, '=') + 1
	}
	if isHostList(s[start:]) {
		h.matchHostList(s, start, len(s), found)
	}
}

// eachAuthority calls visit with the authority of each URL in s, without user and password.
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

// isAuthorityByte returns false for bytes that end an authority in a URL or a URL in text.
func isAuthorityByte(b byte) bool {
	return b > ' ' && b < 0x7f && !strings.ContainsRune("/?#;<>\"'`\\|()[]{}!", rune(b))
}

// isHostList reports whether s is a comma-separated list of hosts or host:port.
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
	return isDNSName(host)
}

// isDNSName reports whether s consists of labels and dots and is short enough for a DNS name.
func isDNSName(s string) bool {
	for i := range len(s) {
		if !isLabelByte(s[i]) && s[i] != '.' {
			return false
		}
	}
	return s != "" && len(s) <= maxName
}

// occurrences yields the index of every occurrence of substr in s, overlapping ones included.
func occurrences(s, substr string) iter.Seq[int] {
	return func(yield func(int) bool) {
		for from := 0; ; {
			i := strings.Index(s[from:], substr)
			if i < 0 || !yield(from+i) {
				return
			}
			from += i + 1
		}
	}
}

// matchHostList matches each host of the list s[start:end].
func (h *hostMatcher) matchHostList(s string, start, end int, found *hostMatches) {
	for start < end {
		stop := end
		if i := strings.IndexByte(s[start:end], ','); i >= 0 {
			stop = start + i
		}
		h.matchHost(s, start, stop, found)
		start = stop + 1
	}
}

// matchHost matches s[start:end], a host or host:port. A name that ends in a dot is absolute: its "foo" is the
// top-level domain, not the namespace.
func (h *hostMatcher) matchHost(s string, start, end int, found *hostMatches) {
	name, _, _ := strings.Cut(s[start:end], ":")
	name = strings.TrimSpace(name)
	before, ok := strings.CutSuffix(name, h.short)
	if !ok || !isHost(name) {
		return
	}
	at := start + strings.Index(s[start:end], name) + len(before)
	switch {
	case h.inv.HasService(labelBefore(name, len(before))):
		found.moved = append(found.moved, at+1)
	case !strings.Contains(before, "."):
		found.stayed = true
	}
}

// rewriteNames returns s with the target in place of the source in names that moved, the same with targetMask, and
// whether any moved.
func (h *hostMatcher) rewriteNames(s, target string) (mapped, rest string, ok bool) {
	moves := h.findNames(s).moved
	if len(moves) == 0 {
		return s, s, false
	}
	return h.replaceAt(s, moves, target), h.replaceAt(s, moves, targetMask), true
}

func (h *hostMatcher) replaceAt(s string, moves []int, with string) string {
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

// unresolvedNames returns the names in s that may belong to a Service that is not in the backup. That depends on the
// cluster domains, so it returns whole names.
func (h *hostMatcher) unresolvedNames(s string) []string {
	if found := h.findNames(s); !found.stayed && !found.foreignDomain {
		return nil
	}
	var names []string
	for i := range occurrences(s, h.short) {
		name := nameAround(s, i)
		if found := h.findNames(name); found.stayed || found.foreignDomain {
			names = append(names, name)
		}
	}
	return names
}

// nameAround returns the run of labels and dots around s[i].
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
