begin {
  $ErrorActionPreference = 'Stop'
  $ProgressPreference = 'SilentlyContinue'
  $offset = [long]'OFFSET'
  $path = [IO.Path]::GetFullPath("PATH".Trim("'"))
  if (Test-Path -LiteralPath $path -PathType Container) { throw 'there is a folder in its place' }
  if ($offset -eq 0) {
    $null = [IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($path))
    [IO.File]::Delete($path)
    $file = [IO.File]::Open($path, 'CreateNew', 'Write')
  } else {
    $file = [IO.File]::Open($path, 'Open', 'Write')
    if ($file.Length -ne $offset) { throw 'it changed meanwhile' }
    $null = $file.Seek(0, 'End')
  }
  $limit = 150
  try { $limit = (Get-Item WSMan:\localhost\MaxEnvelopeSizekb).Value } catch { }
  [Console]::Out.WriteLine("ready $limit")
}
process {
  if ($_) {
    $bytes = [Convert]::FromBase64String($_.Substring(1))
    if ($_[0] -eq 'z') {
      $zip = New-Object IO.Compression.GZipStream((New-Object IO.MemoryStream(,$bytes)), [IO.Compression.CompressionMode]::Decompress)
      $zip.CopyTo($file)
    } else {
      $file.Write($bytes, 0, $bytes.Length)
    }
    if (!$told) { $told = $true; [Console]::Out.WriteLine('taken') }
  }
}
end {
  $file.Close()
  $file = [IO.File]::OpenRead($path)
  $null = $file.Seek($offset, 'Begin')
  $sum = (New-Object Security.Cryptography.SHA256CryptoServiceProvider).ComputeHash($file)
  $file.Close()
  [Console]::Out.WriteLine('sum ' + [BitConverter]::ToString($sum))
}
