package fidelity

import (
	"fmt"
	"strings"

	"github.com/ingot-build/ingot/translate/plan"
)

func reused(f Facts) []Difference {
	n := len(f.Reused)
	if n == 0 {
		return nil
	}
	what := "1 step was not run, since an earlier run did it"
	if n > 1 {
		what = fmt.Sprintf("%d steps were not run, since an earlier run did them", n)
	}
	return one(Difference{
		What: what + "; the service runs all in one VM, one after another",
		Why:  "what a step fetches by itself, such as packages, is of that earlier time; --no-cache runs all",
	})
}

func optimizeBoot(f Facts) []Difference {
	if !f.Plan.OptimizeBoot {
		return nil
	}
	return one(Difference{
		What: "the image is not optimized for its boot; the service boots it and lays out its disk anew",
		Why:  "how it does that is not public, and adds about half an hour there",
		Path: "properties.optimize.vmBoot",
	})
}

func validation(f Facts) []Difference {
	if f.Plan.Validation == nil {
		return nil
	}
	return one(Difference{
		What: "the validation VM was made from the disk on this machine; in the service from the image in Azure",
		Why:  "whether Azure's own provisioning takes the image is only seen there",
		Path: "properties.validate",
	})
}

// distribution is about each destination.
func distribution(f Facts) []Difference {
	var found []Difference
	for _, d := range f.Plan.Destinations {
		diff := Difference{Step: d.ID, Why: "a run on this machine changes nothing in Azure; ingot distribute brings an image there"}
		switch {
		case d.SharedImage != nil:
			diff.What = fmt.Sprintf("%s is a version in the gallery on this machine; the service replicates it%s",
				d.RunOutputName, regions(d.SharedImage))
		case d.ManagedImage != nil:
			diff.What = fmt.Sprintf("%s is in the gallery on this machine; the service makes the managed image %s", d.RunOutputName,
				lastSegments(d.ManagedImage.ID))
		case d.VHD != nil && d.VHD.URI != "":
			diff.What = fmt.Sprintf("%s is a file on this machine; the service copies the VHD to %s", d.RunOutputName, withoutQuery(d.VHD.URI))
		case d.VHD != nil:
			diff.What = d.RunOutputName + " is a file on this machine; the service leaves the VHD in the storage account of its staging group"
		}
		found = append(found, diff.about(d.Origin))
	}
	return found
}

// regions says where a version would be, and how it would be kept there.
func regions(s *plan.SharedImage) string {
	if len(s.Regions) == 0 {
		return " in the gallery's own region"
	}
	var each []string
	for _, r := range s.Regions {
		each = append(each, fmt.Sprintf("%s (%d× %s)", r.Name, max(1, r.ReplicaCount), r.StorageAccountType))
	}
	return " to " + strings.Join(each, ", ")
}

// withoutQuery leaves out what may be a signature.
func withoutQuery(uri string) string {
	uri, _, _ = strings.Cut(uri, "?")
	return uri
}
