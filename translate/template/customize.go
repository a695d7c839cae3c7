package template

import "github.com/ingot-build/ingot/translate/armjson"

func (d *decoder) customizers(into *List[Customizer]) reader {
	return list(d, into, func(n *armjson.Node, path string) (Customizer, bool) {
		return union(d, n, path, "customizer", []variant[Customizer]{
			{name: "Shell", read: func(n *armjson.Node, path string) Customizer { return d.shell(n, path, "a Shell customizer") }},
			{name: "File", since: v20190501, read: func(n *armjson.Node, path string) Customizer { return d.file(n, path, "a File customizer") }},
			{name: "PowerShell", since: v20190201, read: func(n *armjson.Node, path string) Customizer {
				return d.powerShell(n, path, "a PowerShell customizer")
			}},
			{name: "WindowsRestart", since: v20190201, read: func(n *armjson.Node, path string) Customizer { return d.windowsRestart(n, path) }},
			{name: "WindowsUpdate", since: v20190501, read: func(n *armjson.Node, path string) Customizer { return d.windowsUpdate(n, path) }},
		}, func(n *armjson.Node, path string) Customizer { return d.unknownCustomizer(n, path) })
	})
}

// unknownCustomizer reads what every customizer has; for the rest the type is wanted.
func (d *decoder) unknownCustomizer(n *armjson.Node, path string) *UnknownCustomizer {
	c := &UnknownCustomizer{}
	table := d.common(&c.Common, n, path)
	table[0].read = d.str(&c.Type)
	d.openObject(n, path, "a customizer", table)
	return c
}

// common makes the table of a customizer: what all have, the type first, and its own rows.
func (d *decoder) common(c *Common, n *armjson.Node, path string, own ...property) []property {
	c.Path, c.Range = path, n.Range
	return append([]property{{name: "type", read: ignored}, {name: "name", read: d.str(&c.Name)}}, own...)
}

// script makes the rows of whatever runs a script or inline commands.
func (d *decoder) script(s *Script) []property {
	return []property{
		{name: "script", until: v20190201, instead: "scriptUri", read: d.str(&s.ScriptURI)},
		{name: "scriptUri", since: v20190501, read: d.str(&s.ScriptURI)},
		{name: "sha256Checksum", since: v20190501, read: d.str(&s.SHA256Checksum)},
		{name: "inline", since: v20190201, read: d.strings(&s.Inline)},
	}
}

func (d *decoder) shell(n *armjson.Node, path, what string) *Shell {
	c := &Shell{}
	d.object(n, path, what, d.common(&c.Common, n, path, d.script(&c.Script)...))
	return c
}

func (d *decoder) file(n *armjson.Node, path, what string) *File {
	c := &File{}
	d.object(n, path, what, d.common(&c.Common, n, path,
		property{name: "sourceUri", required: true, read: d.str(&c.SourceURI)},
		property{name: "sha256Checksum", read: d.str(&c.SHA256Checksum)},
		property{name: "destination", required: true, read: d.str(&c.Destination)},
	))
	return c
}

func (d *decoder) powerShell(n *armjson.Node, path, what string) *PowerShell {
	c := &PowerShell{}
	d.object(n, path, what, d.common(&c.Common, n, path, append(d.script(&c.Script),
		property{name: "runElevated", since: v20190501, read: d.boolean(&c.RunElevated)},
		property{name: "runAsSystem", since: v20200214, read: d.boolean(&c.RunAsSystem)},
		property{name: "validExitCodes", read: d.ints(&c.ValidExitCodes)},
	)...))
	return c
}

func (d *decoder) windowsRestart(n *armjson.Node, path string) *WindowsRestart {
	c := &WindowsRestart{}
	d.object(n, path, "a WindowsRestart customizer", d.common(&c.Common, n, path,
		property{name: "restartCommand", read: d.str(&c.RestartCommand)},
		property{name: "restartCheckCommand", read: d.str(&c.RestartCheckCommand)},
		property{name: "restartTimeout", read: d.str(&c.RestartTimeout)},
	))
	return c
}

func (d *decoder) windowsUpdate(n *armjson.Node, path string) *WindowsUpdate {
	c := &WindowsUpdate{}
	d.object(n, path, "a WindowsUpdate customizer", d.common(&c.Common, n, path,
		property{name: "searchCriteria", read: d.str(&c.SearchCriteria)},
		property{name: "filters", read: d.strings(&c.Filters)},
		property{name: "updateLimit", read: d.integer(&c.UpdateLimit)},
	))
	return c
}
