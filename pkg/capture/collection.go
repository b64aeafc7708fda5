package capture

// collection gathers one resource of one namespace in a spool. Nothing of it is archived before all of it is there.
type collection struct {
	run       *run
	resource  resource
	namespace string

	spool   spool
	deleted []string
	// began is how the page that is being read was begun.
	began struct {
		spool   spoolMark
		deleted int
	}
}

func (c *collection) page(isRetry bool) (err error) {
	if isRetry {
		c.spool.rewind(c.began.spool)
		c.deleted = c.deleted[:c.began.deleted]
		return nil
	}
	found := c.found()
	c.run.progress(int32(found), c.run.written) //nolint:gosec // bounded by maxItems
	c.began.deleted = len(c.deleted)
	c.began.spool, err = c.spool.mark()
	return err
}

func (c *collection) restart() {
	c.spool.rewind(spoolMark{})
	c.deleted = nil
}

// found is how many objects there are so far. Those that are being deleted count, since their names are kept.
func (c *collection) found() int { return int(c.run.written) + len(c.spool.items) + len(c.deleted) }

func (c *collection) item(raw []byte) error {
	object := listed{resource: c.resource, raw: raw}
	switch {
	case object.isDeleted():
		c.deleted = append(c.deleted, object.name())
	case object.isStored():
		return nil
	default:
		content, err := object.content()
		if err != nil {
			return err
		}
		if err := c.spool.add(object.name(), content); err != nil {
			return err
		}
	}
	return c.run.bound(c.found(), c.spool.bytes)
}

// archive writes what was gathered.
func (c *collection) archive() error {
	r := c.run
	for _, name := range c.deleted {
		r.warn("%s %s/%s is being deleted and was left out", c.resource.name(), c.namespace, name)
	}
	r.progress(int32(c.found()-len(c.deleted)), r.written) //nolint:gosec // bounded by maxItems
	before := r.written
	err := c.spool.drain(func(name string, content []byte) error {
		return r.add(newItem(c.resource, c.namespace, name, content))
	})
	if r.written > before {
		r.progress(r.written, r.written)
	}
	return err
}

var _ consumer = (*collection)(nil)
