# The numbers of README.md and test/real/ctn0030-sites.test.ts, made without Desist: Rscript parity.R FOLDER_OF_CTN0030
suppressMessages({
  library(clubSandwich)
  library(MASS)
})
d <- commandArgs(TRUE)[1]
read <- function(name) read.csv(file.path(d, paste0(name, ".csv")))
doses <- read("treatment")
use <- read("tlfb")
use <- unique(use[use$what == "Opioid", c("who", "when")])

# The first journey: dose days with at most seven days between them.
journey <- function(days) {
  days <- sort(unique(days))
  breaks <- which(diff(days) - 1 > 7)
  c(entry = days[1], end = (if (length(breaks)) days[breaks[1]] else days[length(days)]) + 1)
}
p <- do.call(rbind, lapply(split(doses$when, doses$who), journey))
p <- data.frame(who = as.integer(rownames(p)), p)
p$events <- sapply(seq_len(nrow(p)), function(i) {
  sum(use$who == p$who[i] & use$when >= p$entry[i] & use$when < p$end[i])
})
p$years <- (p$end - p$entry) / 365.25
p <- merge(merge(p, read("site_masked")), read("demographics")[, c("who", "age", "is_male")])
p$site <- relevel(factor(p$site_masked), ref = "23")

report <- function(model) {
  v <- vcovCR(model, cluster = p$who, type = "CR2")
  test <- coef_test(model, v, test = "Satterthwaite")
  print(data.frame(b = coef(model), se = sqrt(diag(v)), df = test$df_Satt, p = test$p_Satt))
  k <- grep("site", names(coef(model)))
  f <- drop(t(coef(model)[k]) %*% solve(v[k, k]) %*% coef(model)[k]) / length(k)
  cat("F", f, pf(f, length(k), nrow(p) - 1, lower.tail = FALSE), "\n")
}
options(digits = 15)
exactly <- list(epsilon = 1e-14, maxit = 100)
crude <- glm(events ~ site + offset(log(years)), poisson, p, control = exactly)
adjusted <- update(crude, . ~ . + is_male + age)
report(crude)
report(adjusted)
nb <- glm.nb(events ~ site + offset(log(years)), p, control = glm.control(epsilon = 1e-14, maxit = 200))
print(coef(nb))
cat("theta", nb$theta, "\n")

observed <- tapply(p$events, p$site, sum)
expected <- tapply(fitted(update(adjusted, . ~ . - site)), p$site, sum)
z <- 2 * (sqrt(observed) - sqrt(expected))
ordered <- sort(z)
cat("phi", mean(pmin(pmax(z, ordered[2]), ordered[length(z) - 1])^2), "\n")
cat("events", sum(p$events), "days", sum(p$end - p$entry), "\n")
