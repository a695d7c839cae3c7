$t=0
while(![IO.File]::Exists($d+'\run')){
	if($a[6] -ne 'start'){
		w 'g removed'
		exit
	}
	if($t -gt 120000){
		w 'g start'
		exit
	}
	Start-Sleep -Milliseconds 20
	$t+=20
}
w 's -'
$g=@{o=[long]$a[3];e=[long]$a[4]}
$p=20
$t=0
$x=''
$z=''
for(;;){
	# In this order: what there is after the end was seen is all that there will be.
	if(!$x -and !$z){
		try{
			[IO.File]::Open($d+'\run','Open','Write','ReadWrite,Delete').Close()
			$z='killed'
		}catch{
			if(![IO.File]::Exists($d+'\run')){$z='removed'}
		}
		if([IO.File]::Exists($d+'\exit')){$x=[IO.File]::ReadAllText($d+'\exit')}
	}
	$c=0
	foreach($k in 'o','e'){
		if([IO.File]::Exists($d+'\'+$k)){
			$h=[IO.File]::Open($d+'\'+$k,'Open','Read','ReadWrite,Delete')
			$n=[int][Math]::Min([long]49152,$h.Length-$g[$k])
			if($n -gt 0){
				$y=New-Object byte[] $n
				[void]$h.Seek($g[$k],'Begin')
				$n=$h.Read($y,0,$n)
				w ($k+' '+$n+' '+[Convert]::ToBase64String($y,0,$n))
				$g[$k]+=$n
				$c+=$n
			}
			$h.Close()
		}
	}
	if($c){
		$p=20
		if($c -lt 49152 -and !$x){Start-Sleep -Milliseconds 50}
		continue
	}
	if($x){
		w ('x '+$x)
		exit
	}
	if($z){
		if($z -eq 'killed' -and (Get-CimInstance Win32_OperatingSystem).LastBootUpTime -gt [IO.File]::GetCreationTime($d+'\run')){$z='reboot'}
		w ('g '+$z)
		exit
	}
	Start-Sleep -Milliseconds $p
	$t+=$p
	$p=[Math]::Min(2*$p,500)
	if($t -ge [int]$a[5]){
		w 'b'
		$t=0
	}
}
