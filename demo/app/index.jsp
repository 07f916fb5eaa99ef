<%@ page session="false" trimDirectiveWhitespaces="true" contentType="text/html; charset=UTF-8"
%><%@ page import="jakarta.servlet.http.HttpSession, java.util.Locale"
%><%!
static String html(Object text) {
    return String.valueOf(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
}
%><%
// run.py calls this once per Tomcat, so that no visitor has to wait for the page to be compiled.
if (request.getParameter("warm") != null) { out.print("warm"); return; }

String node = System.getProperty("node");
String front = request.getHeader("X-Front-End") == null ? "?" : request.getHeader("X-Front-End");
HttpSession visit = request.getSession();
if (request.getParameter("new") != null) {
    visit.invalidate();
    visit = request.getSession();
}
Integer before = (Integer) visit.getAttribute("count");
int count = before == null ? 1 : before + 1;
String last = (String) visit.getAttribute("node");
visit.setAttribute("count", count);
visit.setAttribute("node", node);
boolean moved = last != null && !last.equals(node);
response.setHeader("Cache-Control", "no-store");

if (request.getParameter("plain") != null) {
    response.setContentType("text/plain; charset=UTF-8");
    out.println(String.format(Locale.ROOT, "count=%d node=%s front=%s session=%s%s",
        count, node, front, visit.getId(), moved ? " moved-from=" + last : ""));
    return;
}
%><!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title><%= count %> on <%= html(node) %></title>
<style>
  body { font: 18px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem; color: #222; background: #fff }
  .count { font-size: 6rem; line-height: 1; font-weight: 700; color: <%= "node1".equals(node) ? "#0a58a6" : "#b34700" %> }
  th { text-align: left; font-weight: 400; color: #555; padding-right: 2rem; vertical-align: top }
  td { font-family: ui-monospace, monospace; overflow-wrap: anywhere }
  .moved { background: #fff3cd; padding: .5rem 1rem; border-radius: .3rem }
  a { color: #0a58a6; margin-right: 1.5rem }
</style>
<div class="count"><%= count %></div>
<p><%= count == 1 ? "request" : "requests" %> in this session, this one answered by <b><%= html(node) %></b>, through front end <b><%= html(front) %></b>.
<% if (moved) { %><p class="moved">The request before was answered by <b><%= html(last) %></b>. The session moved, the count went on.
<% } %><table>
<tr><th>Tomcat<td><%= html(node) %>
<tr><th>Front end<td><%= html(front) %>
<tr><th>Session<td><%= html(visit.getId()) %>
<tr><th>Seen as<td><%= html(request.getRequestURL()) %>
</table>
<p><%
String path = request.getRequestURI();
for (String end : System.getProperty("fronts", "").split(",")) {
    if (end.isEmpty()) continue;
    String[] parts = end.split("=");
%><a href="<%= html(request.getScheme() + "://" + request.getServerName() + ":" + parts[1] + path) %>">Again, through <%= html(parts[0]) %></a>
<% } %><a href="?new">New session</a>
<p>The part of the session id after the dot names the Tomcat. Both front ends read it there and send the session to its Tomcat.
Stop that Tomcat, and the other one goes on counting: it has a copy of the session.
</html>
