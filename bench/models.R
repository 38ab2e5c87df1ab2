# Peers of bench/models.mjs. Usage: Rscript models.R FOLDER ROWS TEST REPETITIONS. Prints one JSON line: for each task wall
# and CPU seconds (medians), the peak of resident memory of the process in MB, and what was estimated.
suppressMessages({library(data.table); library(jsonlite)}); setDTthreads(2)
a <- commandArgs(TRUE); folder <- a[1]; rows <- a[2]; test <- a[3]; repetitions <- as.integer(a[4])
columns <- c("id","period","sex","age","prior","region","year","start","stop","days","y","ev")
read <- function(kind, names) fread(file.path(folder, paste0(kind, ".csv")), header = FALSE, col.names = names)
out <- list()
timed <- function(name, expression, times = repetitions) {
  e <- substitute(expression); frame <- parent.frame(); wall <- cpu <- numeric(0)
  for (i in seq_len(times)) { gc(); t <- system.time(value <- eval(e, frame)); wall[i] <- t[["elapsed"]]; cpu[i] <- t[["user.self"]] + t[["sys.self"]] }
  out[[name]] <<- list(wall = median(wall), cpu = median(cpu), repetitions = times, value = value)
}
f <- y ~ factor(period) + sex + age + prior + factor(region) + year + offset(log(days))
surv <- function(s) update(s, . ~ factor(period) + sex + age + prior + factor(region) + year)
if (test != "split") d <- read("periods", columns)
if (test == "poisson") {
  timed("compressed_glm", { g <- d[, .(y = sum(y), days = sum(days)), by = .(period, sex, age, prior, region, year)]; m <- glm(f, poisson, g); unname(coef(m)) })
  timed("glm", { m <- glm(f, poisson, d, model = FALSE, x = FALSE, y = FALSE); unname(coef(m)) }, 1)
}
if (test == "negative-binomial") timed("glm.nb", { m <- MASS::glm.nb(f, d, model = FALSE); c(unname(coef(m)), m$theta) }, 1)
if (test == "cox") { library(survival); timed("coxph", { m <- coxph(surv(Surv(days, ev) ~ .), d, ties = "efron"); unname(coef(m)) }, 1) }
if (test == "andersen-gill") { library(survival); timed("coxph_cluster", { m <- coxph(surv(Surv(start, stop, ev) ~ .), d, cluster = id); c(unname(coef(m)), unname(sqrt(diag(vcov(m))))) }, 1) }
if (test == "kaplan-meier") {
  library(survival)
  timed("survfit", { k <- survfit(Surv(days, ev) ~ region, d); s <- summary(k, times = 365, extend = TRUE); c(s$surv, s$std.err) })
  timed("survdiff", survdiff(Surv(days, ev) ~ region, d)$chisq, 1)
}
if (test == "split") {
  p <- read("persons", c("id","sex","birth","entry","exit","died"))
  if (requireNamespace("popEpi", quietly = TRUE)) {
    suppressMessages({library(Epi); library(popEpi)})
    L <- Lexis(entry = list(per = entry / 365.25, age = (entry - birth) / 365.25), exit = list(per = exit / 365.25), exit.status = died, data = as.data.frame(p))
    timed("splitMulti", { s <- splitMulti(L, breaks = list(age = seq(0, 100, 5), per = 0:60)); nrow(s) }, 1)
  } else {
    # Without popEpi: survSplit for age, then for calendar time. Its times are carried along in floating point.
    library(survival)
    q <- as.data.frame(p[, .(id, sex, a0 = (entry - birth) / 365.25, a1 = (exit - birth) / 365.25, p0 = entry / 365.25, died)])
    timed("survSplit_twice", {
      s <- survSplit(Surv(a0, a1, died) ~ ., q, cut = seq(0, 100, 5), episode = "band")
      s$y0 <- s$p0 + s$a0 - q$a0[match(s$id, q$id)]; s$y1 <- s$y0 + s$a1 - s$a0
      s <- survSplit(Surv(y0, y1, died) ~ ., s[, c("id","sex","band","y0","y1","died")], cut = 0:60, episode = "year"); nrow(s) }, 1)
  }
}
status <- readLines("/proc/self/status"); peak <- as.numeric(gsub("[^0-9]", "", grep("^VmHWM", status, value = TRUE))) / 1024
versions <- sapply(c("data.table","survival","MASS","popEpi"), function(x) if (requireNamespace(x, quietly = TRUE)) as.character(packageVersion(x)) else NA)
cat(toJSON(list(tasks = out, peak_mb = round(peak), versions = as.list(c(R = R.version.string, versions))), auto_unbox = TRUE, digits = 15, na = "null"), "\n")
