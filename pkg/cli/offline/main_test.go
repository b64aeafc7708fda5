package offline

import (
	"testing"

	"seedbed.dev/seedbed/test/check"
)

func TestMain(m *testing.M) { check.Main(m) }
