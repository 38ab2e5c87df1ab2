# Peers of bench/intervals.mjs. Usage: Rscript intervals.R FOLDER REPETITIONS. Prints one JSON line.
suppressMessages({library(data.table); library(survival); library(jsonlite)})
setDTthreads(2)
arguments <- commandArgs(TRUE); folder <- arguments[1]; repetitions <- as.integer(arguments[2])
person <- fread(file.path(folder, "person.csv")); spell <- fread(file.path(folder, "spell.csv")); offence <- fread(file.path(folder, "offence.csv"))
timed <- function(expression, times = repetitions) { e <- substitute(expression); frame <- parent.frame(); seconds <- numeric(0); for (i in seq_len(times)) { gc(); seconds[i] <- system.time(value <- eval(e, frame))[["elapsed"]] }; list(seconds = median(seconds), value = value) }
# The same job on the same table: follow-up with its labels, cut at every New Year.
pieces <- as.data.frame(fread(file.path(folder, "pieces.csv")))
pieces$from <- as.integer(as.Date(pieces$start_date)); pieces$to <- as.integer(as.Date(pieces$end_date)); pieces$died <- 0L
pieces$start_date <- NULL; pieces$end_date <- NULL
new_years <- as.integer(as.Date(paste0(1990:2030, "-01-01")))
split <- timed({ s <- survSplit(Surv(from, to, died) ~ ., pieces, cut = new_years, episode = "calendar_year"); nrow(s) })
rm(s); invisible(gc())
known <- person[, .(id, entry, duration = exit - entry)]
o2 <- offence[known, on = "id", nomatch = 0][day > entry & day < entry + duration, .(id, t = day - entry)]
sp <- spell[known, on = "id", nomatch = 0]
s2 <- rbind(sp[, .(id, t = from - entry, tr = 1)], sp[, .(id, t = to - entry, tr = 0)])[order(id, t)]
merged <- timed({ b <- as.data.frame(known[, .(id, duration)]); x <- tmerge(b, b, id = id, tstop = duration); x <- tmerge(x, as.data.frame(s2), id = id, treat = tdc(t, tr, 0)); x <- tmerge(x, as.data.frame(o2), id = id, off = event(t)); nrow(x) }, 1)
o <- offence[, .(id, day)]
joined <- timed({ r <- spell[o, on = .(id, from <= day, to > day), nomatch = NULL, which = TRUE]; length(r) })
cat(toJSON(list(survSplit = split, tmerge = merged, nonequi = joined, versions = list(R = R.version.string, survival = as.character(packageVersion("survival")), data.table = as.character(packageVersion("data.table")))), auto_unbox = TRUE, digits = 10), "\n")
