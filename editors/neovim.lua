-- repx for Neovim (0.7 or later): put this into `init.lua`, or beside it and call `require`.

vim.api.nvim_create_autocmd("FileType", {
  pattern = "nix",
  callback = function(event)
    local file = vim.api.nvim_buf_get_name(event.buf)
    -- One server for all labs: it finds the lab of each file by itself.
    local client = vim.g.repx_client
    if not client or vim.lsp.client_is_stopped(client) then
      client = vim.lsp.start_client({
        name = "repx",
        cmd = { "repx", "lsp" },
        root_dir = vim.fn.fnamemodify(file, ":h"),
      })
      vim.g.repx_client = client
    end
    vim.lsp.buf_attach_client(event.buf, client)
    local map = function(keys, what) vim.keymap.set("n", keys, what, { buffer = event.buf }) end
    map("K", vim.lsp.buf.hover)
    map("gd", vim.lsp.buf.definition)
    map("gr", vim.lsp.buf.references)
    map("<leader>rn", vim.lsp.buf.rename)
    map("<leader>ca", vim.lsp.buf.code_action)
    vim.bo[event.buf].omnifunc = "v:lua.vim.lsp.omnifunc"
  end,
})
-- Neovim before 0.9 doesn't know Nix files by itself.
vim.api.nvim_create_autocmd({ "BufRead", "BufNewFile" }, {
  pattern = "*.nix",
  callback = function() vim.bo.filetype = "nix" end,
})
