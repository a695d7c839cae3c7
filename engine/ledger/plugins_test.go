package ledger

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/ingot-build/ingot/engine/pluginhost"
	"github.com/ingot-build/ingot/engine/store"
)

// TestWhatAPluginStarted finds processes by what they have in their environment from the plugin that started them, itself long gone.
func TestWhatAPluginStarted(t *testing.T) {
	const name = "ingot-plugin-0badcafe"
	st := openStore(t, testDirs(t))
	a := start(t, st)
	if _, err := st.Record(t.Context(), a.Run().ID, store.Process, name); err != nil {
		t.Fatal(err)
	}
	if mark != pluginhost.Mark {
		t.Fatalf("plugins are marked with %s, and looked for with %s", pluginhost.Mark, mark)
	}
	child := exec.Command("sleep", "600")
	child.Env = append(os.Environ(), mark+"="+name)
	other := exec.Command("sleep", "600")
	other.Env = append(os.Environ(), mark+"="+name+"1")
	for _, cmd := range []*exec.Cmd{child, other} {
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		go cmd.Wait()
		t.Cleanup(func() { _ = cmd.Process.Kill() })
	}
	a.Close()
	list, err := List(t.Context(), st)
	if err != nil || len(list) != 1 || !strings.HasPrefix(list[0].What, "plugin process "+name+" (process ") {
		t.Fatalf("leftovers: %+v, %v", list, err)
	}
	if _, err := Remove(t.Context(), st, nil, list); err != nil {
		t.Fatal(err)
	}
	if pids, err := processes(name); err != nil || len(pids) > 0 {
		t.Errorf("processes left: %v, %v", pids, err)
	}
	if pids, err := processes(name + "1"); err != nil || len(pids) != 1 {
		t.Errorf("a process of another plugin: %v, %v", pids, err)
	}
}
