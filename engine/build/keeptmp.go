package build

import (
	"context"

	"github.com/ingot-build/ingot/engine/packercore"
	"github.com/ingot-build/ingot/translate/plan"
)

// A machine that boots from a layer finds /tmp empty, since systemd empties it at each start; and there is what earlier steps left for later
// ones, the script that generalizes first of all. So the guest is told, for as long as it is built, to leave it as it is: a file of that name
// in /etc takes the place of systemd's own. It is in every layer, and in no image: it goes before the last step.
const (
	tmpMark = "# of the build: goes before the image is made"

	keepTmpScript = `sudo -n sh -c 'd=/etc/tmpfiles.d; f=$d/tmp.conf
test -d /run/systemd/system && test -d $d && ! test -e $f || exit 0
printf "` + tmpMark + `\nd /tmp 1777 root root -\n" >$f'`
	forgetTmpScript = `sudo -n sh -c 'f=/etc/tmpfiles.d/tmp.conf; grep -qxF "` + tmpMark + `" $f 2>/dev/null && rm $f; exit 0'`
)

// keepTmp tells a guest of which layers are taken to keep its /tmp. One that cannot do it loses what is there where a layer is booted from.
func (s *state) keepTmp(ctx context.Context, at packercore.Boundary) {
	if !s.mindsTmp(at) || s.standing.tmpKept || at.Next < 1 {
		return
	}
	s.standing.tmpKept = true
	if at.Next == s.standing.from {
		return // the layer that it goes on from was told
	}
	s.tellGuest(ctx, at, keepTmpScript, "the build VM's /tmp is empty where a build boots from a layer of it")
}

// forgetTmp takes that back before the last step, which is the one that makes an image of the machine.
func (s *state) forgetTmp(ctx context.Context, at packercore.Boundary) {
	if s.mindsTmp(at) && at.Next == len(s.Plan.Steps)-1 {
		s.tellGuest(ctx, at, forgetTmpScript, "/etc/tmpfiles.d/tmp.conf is left in the image")
	}
}

func (s *state) mindsTmp(at packercore.Boundary) bool {
	return s.layering != nil && at.Remote != nil && at.Machine != nil && s.Plan.OS == plan.Linux && at.Next < len(s.Plan.Steps)
}

func (s *state) tellGuest(ctx context.Context, at packercore.Boundary, script, otherwise string) {
	if _, err := at.Remote(ctx, script); err != nil && context.Cause(ctx) == nil {
		s.say(s.Plan.Steps[at.Next].ID, "layers: "+otherwise+": "+err.Error())
	}
}
