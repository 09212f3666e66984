/** What somebody might put where a text goes, so that a page runs it; each sets `window.pwned` where it succeeds. */
export const hostile = {
  image: `<img src=x onerror="window.pwned='image'">`,
  script: `</script><script>window.pwned='script'</script>`,
  vector: `"><svg/onload=window.pwned='vector'>`,
  template: `{{constructor.constructor('window.pwned=1')()}}\${window.pwned=1}`,
  link: `javascript:window.pwned='link'`,
  turned: `invoice\u202efdp.exe\u0000\u0007end`,
} as const;
