# frozen_string_literal: true

# A plugin for Neovim: b:total is the sum of the numbers that the lines of a buffer end in, and `:Total` appends it.
#
#   nvim --listen /tmp/nvim.sock bill.txt
#   ruby examples/neovim_plugin.rb /tmp/nvim.sock      in another terminal; without a socket: a Neovim of its own
#
# Read next: msgpack_rpc.rb, which carries the calls; `:help api` in Neovim.

require_relative "msgpack_rpc"
require "socket"

# What Neovim's handles become: extended types that hold an integer.
HANDLES = { "Buffer" => Buffer = Struct.new(:number), "Window" => Window = Struct.new(:number),
            "Tabpage" => Tabpage = Struct.new(:number) }.freeze

# Neovim tells the type numbers, and the channel by which it reaches this program.
def register_handles(rpc)
  channel, api = rpc.call("nvim_get_api_info")
  api.fetch("types").each do |name, type|
    handle = HANDLES.fetch(name)
    rpc.packer.register_exttype(handle, type["id"]) { |object| MessagePack.pack(object.number) }
    rpc.unpacker.register_exttype(type["id"]) { |_type, data| handle.new(MessagePack.unpack(data)) }
  end
  channel
end

def total(rpc, buffer)
  lines = rpc.call("nvim_buf_get_lines", buffer, 0, -1, true).grep_v(/\ATotal:/)
  lines.sum { |line| line[/-?\d+(\.\d+)?\s*\z/].to_r }.to_f.round(2)
end

def install(rpc)
  channel = register_handles(rpc)
  buffer = rpc.call("nvim_get_current_buf")
  update = -> { rpc.call("nvim_buf_set_var", buffer, "total", total(rpc, buffer)) }
  rpc.on("nvim_buf_lines_event") { |changed, *| update.call if changed == buffer }
  rpc.on("total") { rpc.call("nvim_buf_set_lines", buffer, -1, -1, true, ["Total: #{total(rpc, buffer)}"]) }
  rpc.call("nvim_buf_attach", buffer, false, {})
  rpc.call("nvim_command", "command! Total call rpcrequest(#{channel}, 'total')")
  update.call
end

if ARGV[0]
  rpc = MessagePackRPC.new(UNIXSocket.new(ARGV[0]))
  install(rpc)
  puts "installed" # :Total is there
  $stdout.flush
  rpc.serve
else
  IO.popen(%w[nvim --embed --headless -u NONE -i NONE -n], "r+b") do |neovim|
    rpc = MessagePackRPC.new(neovim)
    install(rpc)
    rpc.call("nvim_buf_set_lines", Buffer.new(0), 0, -1, true, ["Tea 4.50", "Cake 12"]) # 0 is the current one
    rpc.call("nvim_command", "Total")
    puts rpc.call("nvim_buf_get_lines", Buffer.new(0), 0, -1, true)
    rpc.notify("nvim_command", "quitall!")
  end
end
