# frozen_string_literal: true

require "socket"
require_relative "../../examples/msgpack_rpc"
require_relative "example_programs"

RSpec.describe "examples/neovim_plugin.rb", :real_world do
  include ExamplePrograms

  there = ENV.fetch("PATH").split(File::PATH_SEPARATOR).any? { |dir| File.executable?(File.join(dir, "nvim")) }

  before { need(there, "Neovim (bin/setup --real-world)") }

  # Nothing of whoever runs the specs.
  let(:env) { { "HOME" => folder, "XDG_RUNTIME_DIR" => folder, "XDG_CONFIG_HOME" => folder } }

  it "serves a Neovim that it starts itself" do
    run = run_recipe("neovim_plugin.rb", env: env)
    expect(run).to be_success, run.to_s
    expect(run.stdout).to eq("Tea 4.50\nCake 12\nTotal: 16.5\n")
    expect(run.stderr).to eq("")
  end

  context "with a Neovim that runs already" do
    let(:socket) { File.join(folder, "nvim.sock") }
    let!(:neovim) { start("nvim", "--headless", "-u", "NONE", "-i", "NONE", "-n", "--listen", socket, env: env) }
    let!(:plugin) do
      eventually { File.socket?(socket) }
      start(*command_of("neovim_plugin.rb", socket), env: env).tap { |it| eventually { it.output == "installed\n" } }
    end
    # Another client, as a person at the keyboard would be.
    let(:keyboard) { MessagePackRPC.new(UNIXSocket.new(socket)) }

    # Commands and notifications are done in their order, but the plugin hears of a change when it has the time.
    def eventually_total(amount)
      eventually { keyboard.call("nvim_buf_get_var", 0, "total") == amount }
    end

    def lines = keyboard.call("nvim_buf_get_lines", 0, 0, -1, true)

    it "answers :Total, which Neovim waits for" do
      keyboard.call("nvim_buf_set_lines", 0, 0, -1, true, ["Tea 4.50", "for 3 people", "refund -1.25", "Ünï 1000"])
      keyboard.call("nvim_command", "Total")
      expect(lines.last).to eq("Total: 1003.25")
    end

    it "hears of each change, and keeps b:total" do
      eventually_total(0.0)
      keyboard.call("nvim_buf_set_lines", 0, 0, -1, true, Array.new(500) { |i| "item #{i}" })
      eventually_total(124_750.0)
      keyboard.call("nvim_command", "1,499delete")
      eventually_total(499.0)
      keyboard.call("nvim_command", "Total")
      eventually_total(499.0)
      expect(lines).to eq(["item 499", "Total: 499.0"])
    end

    it "leaves other buffers alone" do
      keyboard.call("nvim_command", "set hidden")
      keyboard.call("nvim_command", "enew")
      keyboard.call("nvim_buf_set_lines", 0, 0, -1, true, ["1"])
      expect { keyboard.call("nvim_buf_get_var", 0, "total") }.to raise_error(MessagePackRPC::RemoteError, /total/)
    end

    it "ends with Neovim" do
      keyboard.notify("nvim_command", "quitall!")
      expect(neovim.status).to be_success
      expect(plugin.status).to be_success, plugin.output
      expect(plugin.output).to eq("installed\n")
    end
  end
end
