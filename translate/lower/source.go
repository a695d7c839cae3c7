package lower

import (
	"fmt"
	"strings"

	"github.com/ingot-build/ingot/translate/diag"
	"github.com/ingot-build/ingot/translate/plan"
	"github.com/ingot-build/ingot/translate/template"
)

const sourcePath = "properties.source"

// windowsPublishers are the marketplace publishers whose images are all Windows. Lower case; a prefix is enough, since
// MicrosoftWindowsServer, -ServerHPCPack, -Desktop are publishers of their own.
var windowsPublishers = []string{"microsoftwindows", "microsoftvisualstudio", "microsoftdynamics"}

func lowerSource(l *lowering) {
	l.p.OS = plan.Linux
	switch s := l.t.Source.(type) {
	case *template.PlatformImage:
		l.p.Source.PlatformImage = &plan.PlatformImage{
			Publisher: s.Publisher.Value, Offer: s.Offer.Value, SKU: s.SKU.Value, Version: s.Version.Value,
		}
		for _, prefix := range windowsPublishers {
			if strings.HasPrefix(strings.ToLower(s.Publisher.Value), prefix) {
				l.windows(s.Publisher.Range, sourcePath+".publisher",
					fmt.Sprintf("publisher %q has Windows images", s.Publisher.Value))
			}
		}
	case *template.ManagedImage:
		l.p.Source.ManagedImage = &plan.ImageRef{ID: resourceID(s.ImageID.Value)}
	case *template.SharedImageVersion:
		l.p.Source.SharedImage = &plan.ImageRef{ID: resourceID(s.ImageVersionID.Value)}
	default:
		panic(fmt.Sprintf("lower: source %T is not a known case", s))
	}
	l.p.Source.Origin = plan.Origin{Path: sourcePath, Range: l.t.Source.SourceRange()}
}

// resourceID drops a slash at the end, which the service tolerates, so that one resource has one spelling here.
func resourceID(id string) string { return strings.TrimRight(id, "/") }

// windows reports something that only a Windows build could do.
func (l *lowering) windows(at diag.Range, path, why string) {
	l.p.OS = plan.Windows
	l.diags.Add(diag.Diagnostic{
		Severity: diag.Error, Code: CodeWindows, Subject: at, Path: path,
		Summary: "Windows images cannot be built yet",
		Why:     why,
		Fix:     "use a Linux source with Shell and File customizers",
	})
}
