# What the R package synthpop does by default (method cart, minbucket 5, cp 1e-8; Nowok, Raab and Dibben 2016,
# doi:10.18637/jss.v074.i11), written anew over rpart, because Debian has no package of synthpop.
#
# Rscript synthpop_cart.R USED.csv MADE.csv SEED MINBUCKET: columns in the order of the file, the first drawn
# with replacement, each further one from a tree over those before it. Of a number a leaf gives its donors, of
# a category its shares. A missing number is a category first, and 0 in the later predictors.
library(rpart)

arguments <- commandArgs(TRUE)
set.seed(as.integer(arguments[3]))
minbucket <- as.integer(arguments[4])
used <- read.csv(arguments[1], na.strings = character(0), check.names = FALSE, colClasses = "character")
n <- nrow(used)

grown <- function(y, x, method) {
  rpart(y ~ ., cbind(y = y, x), method = method, minbucket = minbucket, cp = 1e-8, xval = 0)
}

drawn_numbers <- function(y, x, xp) {
  tree <- grown(y, x, "anova")
  nodes <- as.numeric(row.names(tree$frame))
  own <- nodes[tree$where]
  tree$frame$yval <- nodes
  reached <- predict(tree, xp)
  made <- numeric(nrow(xp))
  for (node in unique(reached)) {
    donors <- y[own == node]
    made[reached == node] <- donors[sample.int(length(donors), sum(reached == node), TRUE)]
  }
  made
}

drawn_categories <- function(y, x, xp) {
  if (nlevels(y) == 1) return(factor(rep(levels(y), nrow(xp))))
  share <- predict(grown(y, x, "class"), xp, type = "prob")
  reached <- max.col(t(apply(share, 1, cumsum)) > runif(nrow(xp)), "first")
  factor(levels(y)[reached], levels(y))
}

real <- made <- data.frame(row.names = seq_len(n))
out <- data.frame(row.names = seq_len(n))
add <- function(name, y, synthetic) {
  real[[name]] <<- y
  made[[name]] <<- synthetic
}
for (name in names(used)) {
  text <- used[[name]]
  number <- suppressWarnings(as.numeric(text))
  gap <- text %in% c("", "?", "NA")
  if (anyNA(number[!gap])) {
    y <- factor(text)
    if (ncol(real) == 0) synthetic <- sample(y, n, TRUE) else synthetic <- drawn_categories(y, real, made)
    add(name, y, synthetic)
    out[[name]] <- as.character(synthetic)
    next
  }
  made_gap <- rep(FALSE, n)
  if (any(gap)) {
    y <- factor(gap, c(FALSE, TRUE))
    synthetic <- if (ncol(real) == 0) sample(y, n, TRUE) else drawn_categories(y, real, made)
    add(paste0(name, ".missing"), y, synthetic)
    made_gap <- synthetic == "TRUE"
  }
  values <- rep(0, n)
  if (ncol(real) == 0) {
    values <- sample(number, n, TRUE)
  } else if (!all(made_gap)) {
    known <- real[!gap, , drop = FALSE]
    values[!made_gap] <- drawn_numbers(number[!gap], known, made[!made_gap, , drop = FALSE])
  }
  add(name, ifelse(gap, 0, number), values)
  out[[name]] <- ifelse(made_gap, text[gap][1], format(values, digits = 15, trim = TRUE, scientific = FALSE))
}
write.csv(out, arguments[2], row.names = FALSE, quote = TRUE)
