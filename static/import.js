// An import that is on its way goes on by itself while its page is open.
"use strict";
document.querySelector("form[data-go-on]")?.requestSubmit();
