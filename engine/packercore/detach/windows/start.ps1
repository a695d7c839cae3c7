# WinRM ends what a shell has started when the shell ends, and when it is lost: all of it is in a job. A process that
# WMI creates is in another one, runs as the same user, and outlives the shell. Only the first one that makes the file
# run does the work, so that nothing happens twice when a start is repeated whose answer was lost.
if(![IO.File]::Exists($d+'\run')){
	try{
		$s=New-Object Security.AccessControl.DirectorySecurity
		$s.SetSecurityDescriptorSddlForm('D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;'+[Security.Principal.WindowsIdentity]::GetCurrent().User.Value+')')
		[void][IO.Directory]::CreateDirectory($d,$s)
		# The command gets the environment of this shell, without what PowerShell adds, its folder, and its code page.
		$v=[Environment]::GetEnvironmentVariables()
		$m=[Environment]::GetEnvironmentVariable('PSModulePath','User')
		if(!$m){$m=[Environment]::GetEnvironmentVariable('PSModulePath','Machine')}
		$v['PSModulePath']=$m
		$q=$d+'\job'+$PID
		@{line=$a[7];env=$v;dir=$pwd.Path;cp=[Console]::OutputEncoding.CodePage}|Export-Clixml $q
		$s={@watch@}
		$s='$d='''+$d+''';$q='''+$q+''';'+$s
		$s=$PSHOME+'\powershell.exe -NoLogo -NoProfile -NonInteractive -EncodedCommand '+[Convert]::ToBase64String([Text.Encoding]::Unicode.GetBytes($s))
		$i=New-CimInstance -ClassName Win32_ProcessStartup -ClientOnly -Property @{ShowWindow=[uint16]0}
		$r=Invoke-CimMethod -ClassName Win32_Process -MethodName Create -Arguments @{CommandLine=$s;CurrentDirectory=$d;ProcessStartupInformation=$i}
		if($r.ReturnValue){throw ('Win32_Process.Create returned '+$r.ReturnValue)}
	}catch{
		forget $a[1]
		w ('n '+$_.Exception.Message.Split([char]10)[0].Trim())
		exit
	}
}
