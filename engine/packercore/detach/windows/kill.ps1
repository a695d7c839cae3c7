if([IO.File]::Exists($d+'\run')){
	try{
		[IO.File]::Open($d+'\run','Open','Write','ReadWrite,Delete').Close()
	}catch{
		$h=New-Object IO.StreamReader([IO.File]::Open($d+'\run','Open','Read','ReadWrite,Delete'))
		cmd /c ('taskkill /T /F /PID '+$h.ReadToEnd().Trim()+' >nul 2>nul')
		$h.Close()
	}
	forget $a[1]
}
w 'k'
