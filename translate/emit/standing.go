package emit

import "github.com/zclconf/go-cty/cty"

// Standing is the target of a run that goes on with the build VM of an earlier process: the steps are the same, and the VM is there.
const Standing = "standing"

// standing is a build VM that stands already.
type standing struct{ job }

func newStanding(j job, _ Options) (target, error) { return standing{j}, nil }

func (standing) builder() string { return "ingot-standing" }

// plugins are none: Ingot has the builder linked in, and plain Packer has nothing to go on with.
func (standing) plugins() []plugin { return nil }

func (s standing) source(b block) {
	b.str("communicator", s.communicator())
	for _, v := range s.variables() {
		b.ref(v.name, "var", v.name)
	}
	if s.windows() {
		b.yes("use_ssl")
		b.yes("insecure") // the certificate was made for this build, and no authority signed it
	}
}

func (s standing) communicator() string {
	if s.windows() {
		return "winrm"
	}
	return "ssh"
}

func (s standing) variables() []variable {
	empty := cty.StringVal("")
	all := []variable{
		{name: "host", typ: "string", description: "Address of the build VM."},
		{name: "port", typ: "number", description: "Port of SSH or WinRM on it.", standard: cty.NumberIntVal(0)},
		{name: "username", typ: "string", description: "Who may log in.", standard: cty.StringVal(BuildUser)},
		{name: "password", typ: "string", description: "Password of that user.", standard: empty, sensitive: true},
	}
	if !s.windows() {
		all = append(all, variable{name: "private_key", typ: "string", description: "SSH key of that user.", standard: empty, sensitive: true})
	}
	return all
}

func (standing) lost() []Loss { return nil }

func (standing) readme() usage {
	return usage{
		before: []string{"The build VM stands already: an earlier process made it. `ingot resume` runs what is left to do."},
		vars:   []string{"host=ADDRESS"}, secret: []string{"password"},
		result: "The build VM is left as it is: Ingot keeps its disks.",
	}
}
