"""What TeX calls the signs that papers use."""


def words(text: str) -> list[str]:
    """Return the words of a list that reads better as a line than as a column."""
    return text.split()


GREEK = {
    **dict(zip(words("alpha beta gamma delta epsilon zeta eta theta iota kappa"), "αβγδεζηθικ", strict=True)),
    **dict(zip(words("lambda mu nu xi pi rho sigma tau upsilon phi chi psi omega"), "λμνξπρστυφχψω", strict=True)),
    **dict(zip(words("Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"), "ΓΔΘΛΞΠΣΥΦΨΩ", strict=True)),
    "varepsilon": "ε",
    "vartheta": "ϑ",
    "varphi": "φ",
    "varrho": "ρ",
    "varsigma": "ς",
    "textmu": "µ",
}
SIGNS = {
    "times": "×",
    "cdot": "·",
    "div": "÷",
    "pm": "±",
    "mp": "∓",
    "ast": "*",
    "star": "*",
    "circ": "∘",
    "bullet": "•",
    "le": "≤",
    "leq": "≤",
    "leqslant": "≤",
    "ge": "≥",
    "geq": "≥",
    "geqslant": "≥",
    "ll": "≪",
    "gg": "≫",
    "ne": "≠",
    "neq": "≠",
    "equiv": "≡",
    "approx": "≈",
    "sim": "~",
    "simeq": "≃",
    "cong": "≅",
    "propto": "∝",
    "to": "→",
    "rightarrow": "→",
    "leftarrow": "←",
    "leftrightarrow": "↔",
    "Rightarrow": "⇒",
    "Leftarrow": "⇐",
    "longrightarrow": "→",
    "longleftarrow": "←",
    "mapsto": "↦",
    "hookrightarrow": "↪",
    "Leftrightarrow": "⇔",
    "uparrow": "↑",
    "downarrow": "↓",
    "nearrow": "↗",
    "searrow": "↘",
    "rightleftharpoons": "⇌",
    "leadsto": "⇝",
    "infty": "∞",
    "partial": "∂",
    "nabla": "∇",
    "forall": "∀",
    "exists": "∃",
    "emptyset": "∅",
    "varnothing": "∅",
    "in": "∈",
    "notin": "∉",
    "ni": "∋",
    "subset": "⊂",
    "subseteq": "⊆",
    "supset": "⊃",
    "supseteq": "⊇",
    "cup": "∪",
    "cap": "∩",
    "setminus": "∖",
    "wedge": "∧",
    "vee": "∨",
    "neg": "¬",
    "land": "∧",
    "lor": "∨",
    "oplus": "⊕",
    "otimes": "⊗",
    "odot": "⊙",
    "perp": "⊥",
    "parallel": "∥",
    "mid": "|",
    "vert": "|",
    "Vert": "‖",
    "sum": "∑",
    "prod": "∏",
    "int": "∫",
    "oint": "∮",
    "sqrt": "√",
    "surd": "√",
    "ell": "ℓ",
    "hbar": "ħ",
    "Re": "ℜ",
    "langle": "⟨",
    "rangle": "⟩",
    "lfloor": "⌊",
    "rfloor": "⌋",
    "lceil": "⌈",
    "rceil": "⌉",
    "|": "‖",
    "prime": "′",
    "ldots": "…",
    "dots": "…",
    "cdots": "⋯",
    "vdots": "⋮",
    "colon": ":",
    "backslash": "\\",
    "lbrace": "{",
    "rbrace": "}",
    "deg": "°",
    "degree": "°",
    "textdegree": "°",
    "dagger": "†",
    "ddagger": "‡",
    "S": "§",
    "P": "¶",
    "copyright": "©",
    "checkmark": "✓",
    "cmark": "✓",
    "xmark": "✗",
    "square": "□",
    "Box": "□",
    "blacksquare": "■",
    "triangle": "△",
    "lesssim": "≲",
    "gtrsim": "≳",
    "asymp": "≍",
    "models": "⊨",
    "vdash": "⊢",
    "top": "⊤",
    "bot": "⊥",
    "angle": "∠",
    "aleph": "ℵ",
    "Im": "ℑ",
    "wp": "℘",
    "cdotp": "·",
    "textregistered": "®",
    "texttrademark": "™",
    "pounds": "£",
    "textasciitilde": "~",
    "textendash": "–",
    "textemdash": "—",
    "textquotedblleft": "“",
    "textquotedblright": "”",
    "textless": "<",
    "textgreater": ">",
    "textbar": "|",
    "textbackslash": "\\",
    "textunderscore": "_",
    "lt": "<",
    "gt": ">",
    "LaTeX": "LaTeX",
    "TeX": "TeX",
    "textasciicircum": "^",
    "textperiodcentered": "·",
    "slash": "/",
}
# Words with a meaning of their own in English: only a backslash makes them signs.
LETTERS = {"ss": "ß", "o": "ø", "O": "Ø", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å", "AA": "Å"} | {
    "l": "ł",
    "L": "Ł",
    "i": "ı",
    "j": "ȷ",
    "dh": "ð",
    "th": "þ",
    "euro": "€",
}
ABBREVIATIONS = {
    "eg": "e.g.",
    "ie": "i.e.",
    "etc": "etc.",
    "etal": "et al.",
    "vs": "vs.",
    "aka": "a.k.a.",
    "wrt": "w.r.t.",
    "cf": "cf.",
    "viz": "viz.",
    "iid": "i.i.d.",
    "resp": "resp.",
    "wlog": "w.l.o.g.",
}
FUNCTIONS = frozenset(words("log ln exp min max arg argmin argmax sup inf lim sin cos tan cot det dim ker gcd mod Pr"))
# Spaces and marks that leave nothing behind.
SPACES = {"quad": " ", "qquad": " ", "thinspace": " ", "enspace": " ", "hspace": " ", "newline": " ", "linebreak": " "}
NOTHING = frozenset(
    words(
        "left right big Big bigg Bigg bigl bigr Bigl Bigr displaystyle textstyle scriptstyle limits nolimits "
        "allowbreak noindent centering protect xspace small large Large tiny normalsize bf it em tt sc sl rm sf "
        "bfseries itshape ttfamily scshape rmfamily sffamily em par par nonumber notag medskip smallskip bigskip "
        "unskip ignorespaces"
    )
)
# Commands whose argument is what should be read.
WRAPPERS = words(
    "textbf textit textsc texttt textrm textsf textmd textsl textup textnormal text emph mathbf mathbb mathcal "
    "mathrm mathit mathsf mathtt mathfrak mathscr mathring boldsymbol pmb bm operatorname underline uline "
    "overline bar hat tilde vec widehat widetilde dot ddot mbox hbox fbox underbrace overbrace ensuremath hl "
    "st sout uwave textsuperscript textsubscript cite citep citet footnote blfootnote url path centerline "
    "phantom mathop mathrel"
)
# Those that no English text contains, and so are known without their backslash too.
BARE_WRAPPERS = words(
    "textbf textit textsc texttt textrm textsf emph mathbf mathbb mathcal mathrm mathit mathsf mathtt mathfrak "
    "mathscr boldsymbol operatorname textsuperscript textsubscript blfootnote"
)
COLOURS = words("red blue green orange teal purple cyan magenta gray grey brown violet black")

ACCENTS = {
    "'": "\u0301",
    "`": "\u0300",
    "^": "\u0302",
    '"': "\u0308",
    "~": "\u0303",
    "=": "\u0304",
    ".": "\u0307",
    "c": "\u0327",
    "v": "\u030c",
    "u": "\u0306",
    "H": "\u030b",
    "k": "\u0328",
    "r": "\u030a",
    "d": "\u0323",
    "b": "\u0331",
}
SUPERSCRIPT = dict(zip("0123456789+-=()nikwm*′", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱᵏʷᵐ*′", strict=True))
SUPERSCRIPT |= zip("ABDEGHIJKLMNOPRTUVW", "ᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂ", strict=True)
SUBSCRIPT = dict(zip("0123456789+-=()aeoxhklmnpstijruv", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₒₓₕₖₗₘₙₚₛₜᵢⱼᵣᵤᵥ", strict=True))
