# The supervisor, a process of its own: it runs the command as WinRM does, by cmd /C, with pipes for its output, and
# writes what comes, byte by byte as it is. Its hold on the file run is the sign that it lives, which Windows takes away
# however it ends.
try{
	$f=[IO.File]::Open($d+'\run','CreateNew','Write','Read')
}catch{exit}
try{
	$j=[Text.Encoding]::ASCII.GetBytes([string]$PID)
	$f.Write($j,0,$j.Length)
	$f.Flush()
	$j=Import-Clixml $q
	Remove-Item ($d+'\job*')
	$u=[Text.Encoding]::GetEncoding($j.cp)
	if($j.cp -eq 65001){$u=New-Object Text.UTF8Encoding($false)}
	try{
		[Console]::InputEncoding=$u
		[Console]::OutputEncoding=$u
	}catch{}
	$i=New-Object Diagnostics.ProcessStartInfo
	$i.FileName=$env:ComSpec
	$i.Arguments='/C '+[Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($j.line))
	$i.WorkingDirectory=$j.dir
	$i.UseShellExecute=$false
	$i.RedirectStandardInput=$true
	$i.RedirectStandardOutput=$true
	$i.RedirectStandardError=$true
	$i.EnvironmentVariables.Clear()
	foreach($k in $j.env.Keys){$i.EnvironmentVariables[$k]=$j.env[$k]}
	$o=New-Object IO.FileStream(($d+'\o'),'Create','Write','ReadWrite',1)
	$e=New-Object IO.FileStream(($d+'\e'),'Create','Write','ReadWrite',1)
	$p=[Diagnostics.Process]::Start($i)
	$p.StandardInput.Close()
	$t=@($p.StandardOutput.BaseStream.CopyToAsync($o),$p.StandardError.BaseStream.CopyToAsync($e))
	$p.WaitForExit()
	# Something that stays in the background may keep the pipes. They are read for as long as there is something in them.
	do{
		$n=$o.Length+$e.Length
		$k=[Threading.Tasks.Task]::WaitAll($t,1000)
	}while(!$k -and $n -ne $o.Length+$e.Length)
	[IO.File]::WriteAllText($d+'\new',[string]$p.ExitCode)
}catch{
	if($e){$e.Close()}
	[IO.File]::WriteAllText($d+'\e',$_.Exception.Message)
	[IO.File]::WriteAllText($d+'\new','1')
}
[IO.File]::Move($d+'\new',$d+'\exit')
