-- Linked by the practice fleet (aggregate-development).
vim.opt.number = true
vim.opt.expandtab = true
vim.opt.shiftwidth = 2
