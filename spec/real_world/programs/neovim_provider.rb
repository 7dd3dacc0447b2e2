# frozen_string_literal: true

# Neovim's commands :ruby and :rubydo. Neovim starts the neovim gem's host for them, a process of its own, and both ask
# each other while they wait for an answer.
require_relative "report"
require "neovim"

nvim = Neovim.attach_child([Neovim.executable.path, "-u", "NONE", "-i", "NONE", "-n", "--headless"])
results = {}
watchdog = Thread.new(Thread.current) { |main| sleep(120) && main.raise("no answer from Neovim in two minutes") }

buffer = nvim.current.buffer
buffer.lines = Array.new(12_000) { |i| "line #{i} \u3072" }
nvim.command("rubydo $_.upcase!")
results[:rubydo] = buffer.lines.to_a
nvim.command("ruby $calls = Array.new(300) { |i| VIM.evaluate(\"[\#{i}, {'\u3072': \#{i}}]\") }")
nvim.command("ruby VIM::Buffer.current.append(0, $calls.last.inspect)")
nvim.command("ruby VIM::Window.current.cursor = [7, 3]")
results[:current] = [buffer.lines[0], nvim.current.window.cursor]
nvim.command("ruby VIM.set_var('host', [Process.pid, $LOADED_FEATURES.grep(#{Report::FILES.inspect})])")
pid, results[:host_loaded] = nvim.get_var("host")
results[:other_process] = pid != Process.pid

watchdog.kill
nvim.session.notify(:nvim_command, "qall!")
nvim.shutdown
Report.write(results)
