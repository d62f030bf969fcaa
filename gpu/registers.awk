# A table of the registers and the spilled bytes of each kernel on each architecture, from what ptxas says (-v). Fails
# where a kernel of ours spills; Thrust's are listed only.
# usage: awk -f registers.awk -v table=FILE REPORT...
/Compiling entry function/ {
    split($0, quoted, "'")
    architecture = quoted[4]
    kernel = quoted[2]
    ours = 0
    if (match(kernel, /run_bodyI/)) { # run_body<T>: the name of a type follows its length
        kernel = substr(kernel, RSTART + RLENGTH)
        ours = 1
        length_of_name = kernel + 0
        sub(/^[0-9]+/, "", kernel)
        rest = substr(kernel, length_of_name + 1)
        kernel = substr(kernel, 1, length_of_name)
        if (rest ~ /^I[a-z]E/) kernel = kernel "<" substr(rest, 2, 1) ">"
    } else if (match(kernel, /Device[A-Za-z]+Kernel/))
        kernel = "cub::" substr(kernel, RSTART, RLENGTH)
    else
        kernel = "cub::other"
    if (kernel in known == 0) {
        known[kernel] = ++kernels
        names[kernels] = kernel
    }
    if (architecture in column == 0) {
        column[architecture] = ++columns
        heads[columns] = architecture
    }
}
/bytes stack frame/ { stack = $1; spilled = $5 + $9 }
/Used [0-9]+ registers/ {
    match($0, /Used [0-9]+/)
    used = substr($0, RSTART + 5, RLENGTH - 5) + 0
    place = kernel SUBSEP architecture
    if (used > registers[place]) registers[place] = used
    if (stack > stacks[place]) stacks[place] = stack
    if (spilled > spills[place]) spills[place] = spilled
    if (ours && spilled > 0) {
        printf "%s spills %d bytes on %s\n", kernel, spilled, architecture >"/dev/stderr"
        failed = 1
    }
}
END {
    if (failed) exit 1
    print "# registers a thread; +N: bytes of its stack; !N: bytes spilled. cub::: the most of the kernels of that name" >table
    printf "%-40s", "kernel" >table
    for (c = 1; c <= columns; c++) printf " %12s", heads[c] >table
    printf "\n" >table
    for (k = 1; k <= kernels; k++) {
        printf "%-40s", names[k] >table
        for (c = 1; c <= columns; c++) {
            place = names[k] SUBSEP heads[c]
            cell = registers[place]
            if (stacks[place] > 0) cell = cell "+" stacks[place]
            if (spills[place] > 0) cell = cell "!" spills[place]
            printf " %12s", cell >table
        }
        printf "\n" >table
    }
}
