# The half of package detach that runs on Windows. These files become one command line for powershell.exe: comments and
# line ends go, and what is between @ is filled in. So no line may need the next one, but after an opening brace, and
# there must be no double quote and no percent sign, which cmd.exe would take.
#
# $a is, in this order: what the answer begins with; the command's id; the ids of commands whose files are not needed
# any more; how many bytes of standard output and of standard error have arrived; milliseconds between two signs of
# life; start, follow, kill or forget; and the command line, in UTF-8 and base64.
$a='@args@'.Split('|')
$ErrorActionPreference='Stop'
function w($t){[Console]::Out.Write($t+[char]10)}
w $a[0]
# Not in a folder for temporary files, which steps empty.
$b=$env:ProgramData+'\ingot-'
$d=$b+$a[1]
function forget($x){
	for($i=0;$i -lt 30 -and [IO.Directory]::Exists($b+$x);$i++){
		if($i){Start-Sleep -Milliseconds 100}
		Remove-Item ($b+$x) -Recurse -Force -ErrorAction SilentlyContinue
	}
}
foreach($x in $a[2].Split(' ')){if($x){forget $x}}
