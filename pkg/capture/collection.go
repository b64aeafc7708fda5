package capture

// collection gathers one resource of one namespace in a spool. It archives nothing before the list is complete.
type collection struct {
	run       *captureRun
	resource  resource
	namespace string

	spool   spool
	deleted []string
	// pageStart is the state at the start of the page that is being read.
	pageStart struct {
		spool   spoolMark
		deleted int
	}
}

func (c *collection) beginPage(isRetry bool) (err error) {
	if isRetry {
		c.spool.rewindTo(c.pageStart.spool)
		c.deleted = c.deleted[:c.pageStart.deleted]
		return nil
	}
	found := c.countFound()
	c.run.progress(int32(found), c.run.written) //nolint:gosec // bounded by maxItems
	c.pageStart.deleted = len(c.deleted)
	c.pageStart.spool, err = c.spool.markState()
	return err
}

func (c *collection) discardAll() {
	c.spool.rewindTo(spoolMark{})
	c.deleted = nil
}

// countFound returns the number of objects found so far. Objects that are being deleted count, because their names
// are kept.
func (c *collection) countFound() int {
	return int(c.run.written) + len(c.spool.items) + len(c.deleted)
}

func (c *collection) addItem(raw []byte) error {
	object := rawObject{resource: c.resource, raw: raw}
	switch {
	case object.isDeleted():
		c.deleted = append(c.deleted, object.name())
	case object.isStoredBackup():
		return nil
	default:
		content, err := object.content()
		if err != nil {
			return err
		}
		if err := c.spool.addObject(object.name(), content); err != nil {
			return err
		}
	}
	return c.run.checkLimits(c.countFound(), c.spool.bytes)
}

// writeArchive writes the gathered objects to the archive.
func (c *collection) writeArchive() error {
	r := c.run
	for _, name := range c.deleted {
		r.addWarning("%s %s/%s is being deleted and was left out", c.resource.name(), c.namespace, name)
	}
	r.progress(int32(c.countFound()-len(c.deleted)), r.written) //nolint:gosec // bounded by maxItems
	before := r.written
	err := c.spool.drainObjects(func(name string, content []byte) error {
		return r.addItem(newItem(c.resource, c.namespace, name, content))
	})
	if r.written > before {
		r.progress(r.written, r.written)
	}
	return err
}

var _ pageConsumer = (*collection)(nil)
