# frozen_string_literal: true

# Drives Neovim by the neovim gem: MessagePack-RPC over the pipes of a child. Buffers, windows and tabpages come as the
# extended types that Neovim itself announces, and go as plain numbers.
require_relative "report"
require "neovim"
require "timeout"

# Objects of the neovim gem as what the spec has too.
def plain(object)
  case object
  when Neovim::RemoteObject then [object.class.name, object.index]
  when Array then object.map { |element| plain(element) }
  when Hash then object.transform_values { |value| plain(value) }
  else object
  end
end

def error_of
  yield
rescue StandardError => e
  [e.class.name, e.message]
end

nvim = Neovim.attach_child([Neovim.executable.path, "-u", "NONE", "-i", "NONE", "-n", "--headless"])
session = nvim.session
results = {}
watchdog = Thread.new(Thread.current) { |main| sleep(120) && main.raise("no answer from Neovim in two minutes") }

results[:types] = nvim.api.types.transform_values { |type| type.fetch("id") }
results[:functions] = nvim.api.functions.size

first = nvim.current.buffer
buffers = Array.new(200) { nvim.create_buf(true, false) }
results[:buffers] = plain([first, buffers, nvim.list_bufs])
results[:same] = nvim.list_bufs == [first, *buffers]
results[:lines] = buffers.each_with_index.map do |buffer, i|
  buffer.set_name("buffer #{i} \u3072")
  buffer.lines = ["line #{i}", "é" * i, "\u{1f37a}", ""]
  buffer.append(4, "x" * (i * 37))
  [File.basename(buffer.name), buffer.count, buffer.lines.to_a, buffer[1], buffer.get_changedtick]
end

lines = Array.new(20_000) { |i| "#{i} #{"\u3072" * (i % 90)}" }
buffers[0].lines = lines
results[:large_text] = buffers[0].lines.to_a == lines
buffers[1].set_lines(0, -1, true, ["z" * 3_000_000])
results[:large_line] = buffers[1].get_lines(0, 1, true).map { |line| [line.bytesize, line.count("z"), line.encoding] }

10.times { |i| nvim.command(%w[split vsplit tabnew][i % 3]) }
results[:windows] = nvim.list_wins.each_with_index.map do |window, i|
  nvim.set_current_win(window)
  nvim.set_current_buf(buffers[i + 2])
  window.set_cursor([2, i])
  plain([window, window.get_buf, window.cursor, window.get_tabpage, nvim.current.window == window])
end
results[:tabpages] = nvim.list_tabpages.map do |tabpage|
  nvim.current.tabpage = tabpage
  plain([tabpage, tabpage.list_wins, tabpage.get_win, nvim.current.tabpage == tabpage])
end

# Values that Vim has too, there and back.
values = [
  nil, true, false, 0, 1, -1, 127, 128, 255, 256, 65_535, 65_536, (2**31) - 1, 2**31, 2**32, (2**63) - 1, -32, -33,
  -128, -129, -(2**31), -(2**63), 0.5, -1e300, 5e-324, "", "a", "é\u3072\u{1f37a}", "s" * 31, "s" * 32, "s" * 256,
  "s" * 70_000, [], [[], [nil]], (1..1000).to_a, {}, { "a" => { "b" => [1, { "c" => nil }] } },
  (1..500).to_h { |i| ["key #{i}", [i, i.to_s, i * 0.5]] }
]
results[:values] = values
results[:variables] = values.map do |value|
  nvim.set_var("value", value)
  [nvim.get_var("value"), nvim.evaluate("g:value"), nvim.call_function("deepcopy", [value])]
end
results[:symbols] = nvim.call_function("string", [[{ key: :value }, :symbol]])
results[:blob] = nvim.evaluate("0z00FF4142").b
results[:lua] = nvim.exec_lua("return {..., 1.5, {key = true}}", [["é", { "k" => [nil] }]])

# Objects deep in one request, and in its answer.
asked = buffers.first(20).map { |buffer| ["nvim_buf_get_changedtick", [buffer]] }
asked += %w[bufs wins tabpages].map { |kind| ["nvim_list_#{kind}", []] }
results[:atomic] = plain(nvim.call_atomic(asked))

nvim.command("bwipeout! #{buffers[6].number}")
results[:errors] = [
  error_of { nvim.command("throw 'oops \u3072'") },
  error_of { nvim.evaluate("1 +") },
  error_of { buffers[5].get_lines(0, 99, true) },
  error_of { nvim.set_current_buf(9999) },
  error_of { buffers[6].name },
  error_of { nvim.no_such_function }.first
]

results[:many] = Array.new(500) { |i| plain([nvim.current.buffer, nvim.strwidth("\u3072" * i)]) }

# The other direction: Neovim asks and waits for the answer, and tells what changes in a buffer. Only notifications go
# to it meanwhile: the gem's Session never comes back from a request that finds an event waiting.
buffers[9].attach(false, {})
session.notify(:nvim_buf_set_lines, buffers[9], 0, 0, true, ["new \u3072"])
channel = nvim.channel_id
ask = "rpcrequest(#{channel}, 'double', v:val, {'k': [1.5]})"
session.notify(:nvim_command, "let g:answers = map(range(30), #{ask.dump}) | call rpcnotify(#{channel}, 'done')")
results[:events] = []
session.run do |message|
  results[:events] << [message.method_name, plain(message.arguments)]
  session.respond(message.id, [message.arguments.first * 2, :ok, buffers[3]]) if message.sync?
  session.stop if message.method_name == "done"
end
results[:answers] = nvim.get_var("answers")

watchdog.kill
results[:calls] = session.instance_variable_get(:@request_id)
session.notify(:nvim_command, "qall!")
nvim.shutdown
Report.write(results)
