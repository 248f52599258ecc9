-- What somebody does with a lab in Neovim: sees what is wrong, asks about it, mends it. Each step is told
-- to the test as a line of JSON; whatever takes too long ends the program with a status of its own.

local program, root = vim.env.REPX_PROGRAM, vim.env.REPX_LAB
local patience = 20000

local function tell(step, what)
  io.stdout:write(vim.json.encode({ step = step, told = what }) .. "\n")
  io.stdout:flush()
end

local function wait(step, done)
  if not vim.wait(patience, done, 5) then
    tell(step, "took too long: " .. vim.inspect(vim.diagnostic.get(0)))
    vim.cmd("cquit 3")
  end
end

local client = vim.lsp.start_client({
  name = "repx",
  cmd = { program, "lsp" },
  root_dir = root,
  on_exit = function(code)
    vim.schedule(function() tell("exit", code) end)
  end,
})

local function open(file)
  vim.cmd("edit " .. vim.fn.fnameescape(root .. "/" .. file))
  local buffer = vim.api.nvim_get_current_buf()
  vim.lsp.buf_attach_client(buffer, client)
  wait("attach", function() return vim.lsp.buf_is_attached(buffer, client) end)
  return buffer
end

-- What is wrong with a buffer: the code, and which text is underlined.
local function wrong(buffer)
  local told = {}
  for _, one in ipairs(vim.diagnostic.get(buffer)) do
    local text = vim.api.nvim_buf_get_text(buffer, one.lnum, one.col, one.end_lnum, one.end_col, {})
    local code = one.user_data.lsp.code
    table.insert(told, { code, one.lnum + 1, table.concat(text, "\n") })
  end
  table.sort(told, function(a, b) return a[1] < b[1] end)
  return told
end

local function has(buffer, code)
  for _, one in ipairs(wrong(buffer)) do
    if one[1] == code then return true end
  end
  return false
end

-- Puts the cursor on a text.
local function go(text)
  vim.api.nvim_win_set_cursor(0, { 1, 0 })
  assert(vim.fn.search([[\V]] .. text, "cW") > 0, text)
end

local function ask(method, more)
  local params = vim.lsp.util.make_position_params(0, "utf-16")
  for name, value in pairs(more or {}) do params[name] = value end
  local answers, why = vim.lsp.buf_request_sync(0, method, params, patience)
  if not answers then
    tell(method, why)
    vim.cmd("cquit 3")
  end
  local answer = answers[client]
  return answer.result, answer.error
end

local function places(result)
  local told = {}
  for _, one in ipairs(result or {}) do
    local file = vim.uri_to_fname(one.uri):sub(#root + 2)
    table.insert(told, { file, one.range.start.line + 1 })
  end
  table.sort(told, function(a, b) return a[1] .. a[2] < b[1] .. b[2] end)
  return told
end

-- A mistake that the text alone tells, and one that only the lab tells.
local stage = open("nix/stages/summarise.nix")
wait("diagnostics", function()
  return has(stage, "repx::lint::url-literal") and has(stage, "repx::eval::missing-attribute")
end)
tell("diagnostics", wrong(stage))

-- Hover, definition, references.
go("params.scale")
vim.cmd("normal! f.l")
-- (What is wrong is told first; a moment later its values are known.)
local hover
wait("hover", function()
  hover = ask("textDocument/hover")
  return hover and hover.contents.value:find("10", 1, true)
end)
tell("hover", hover.contents.value)
tell("definition", places(ask("textDocument/definition")))
tell("references", places(ask("textDocument/references", { context = { includeDeclaration = true } })))

-- Completion, behind what was typed.
go("params.scale")
vim.cmd("normal! f.l")
local items = ask("textDocument/completion")
local labels = {}
for _, item in ipairs((items and items.items) or {}) do table.insert(labels, item.label) end
table.sort(labels)
tell("completion", labels)

-- Renaming a parameter, wherever it is named.
local edit, refused = ask("textDocument/rename", { newName = "factor" })
if edit then
  vim.lsp.util.apply_workspace_edit(edit, "utf-16")
  tell("rename", vim.api.nvim_buf_get_lines(stage, 0, -1, false))
else
  tell("rename", refused)
end

-- A fix, applied.
go("http:")
local range = vim.lsp.util.make_range_params(0, "utf-16")
range.context = { diagnostics = {} }
local answers = vim.lsp.buf_request_sync(0, "textDocument/codeAction", range, patience)
local action = answers[client].result[1]
tell("action", action.title)
vim.lsp.util.apply_workspace_edit(action.edit, "utf-16")
wait("fixed", function() return not has(stage, "repx::lint::url-literal") end)

-- The other mistake, mended by hand.
go("nothing")
vim.cmd("normal! cwnumbers")
wait("clean", function() return #vim.diagnostic.get(stage) == 0 end)
tell("clean", wrong(stage))

vim.lsp.stop_client(client)
wait("stopped", function() return vim.lsp.client_is_stopped(client) end)
vim.cmd("qall!")
